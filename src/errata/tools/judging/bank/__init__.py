"""The question bank: its questions, controls that test a judge with them, how reliable each is."""
