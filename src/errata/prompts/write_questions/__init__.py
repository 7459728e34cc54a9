"""Write questions: yes/no questions that distinguish a label from the labels it is confused with."""
