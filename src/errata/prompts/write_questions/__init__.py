"""Write questions: yes/no questions that tell a label from the labels it is confused with."""
