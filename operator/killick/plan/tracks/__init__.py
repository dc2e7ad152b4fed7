"""One pure module per track: check, episode, attempt, evaluation, promotion, hold."""
