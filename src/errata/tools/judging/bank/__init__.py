"""The question bank: its questions, control questions that test a judge, and how reliable each question is."""
