"""The question bank: its questions, control questions that test a judge with them, how reliable each is."""
