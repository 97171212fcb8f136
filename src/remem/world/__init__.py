"""The world that the embedded base knows before anybody is taught: what it was shown, and what it was told.

Everything here is invented from a seed. Its people, their names and all wordings are apart from those of the
data sets that remem builds (tests/world holds that).
"""
