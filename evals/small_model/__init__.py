"""SmolLM2-135M-Instruct as a judge: a real language model that knows next to nothing. A test subject, not advice."""
