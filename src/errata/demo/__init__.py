"""The demo: scikit-learn's digits with planted errors, and the tiny judge that looks at them."""
