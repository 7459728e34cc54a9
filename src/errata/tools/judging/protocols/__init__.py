"""How a judge is asked: blind choice and contest, each giving a Verdict."""
