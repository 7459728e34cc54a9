"""Red team: attacks in items, a judge that obeys all of them, and what errata accepts of it.

    python -m evals red_team                 both datasets, detector on and off, evals/results/red_team.json
    python -m evals obedience DATA_FOLDER    real news, judges that obey all, their own item, or in part
    python -m evals honest_text DATA_FOLDER        how often real text is flagged

The judge is scripted: small real judges cannot read, and prove nothing here. It obeys whatever it finds in its input.
"""
