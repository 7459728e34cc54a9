"""The question bank: its questions, the controls that test a judge with them, and how far each is reliable."""
