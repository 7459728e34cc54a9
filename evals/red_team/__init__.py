"""Red team: attacks in items, a judge that obeys all of them, and what errata accepts as a result.

    python -m evals red_team                 both datasets, detector on and off, evals/results/red_team.json
    python -m evals obedience DATA_FOLDER    real news, judges that obey all, their own item, or in part
    python -m evals honest_text DATA_FOLDER        how often real text is flagged

The judge is scripted, since small real judges read too badly to prove anything. It obeys every order in its input.
"""
