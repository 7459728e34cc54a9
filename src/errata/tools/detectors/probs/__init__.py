"""Out-of-sample probabilities: closed-form models of the embeddings, and how they are combined."""
