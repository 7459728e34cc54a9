"""Steering control: a question about one item, while another one lies beside it that must not change the answer."""
