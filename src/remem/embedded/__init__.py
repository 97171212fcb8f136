"""How the base that comes with remem is made."""
