"""The demo: scikit-learn's handwritten digits with planted errors, and the tiny judge that looks at them."""
