"""The evaluation of a candidate against the champion, on rows neither was trained on.

``rows`` writes the rows, each version scores them in its own image, ``compare``
answers. Read ``steps.py`` first.
"""
