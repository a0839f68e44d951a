"""Tools of the developers; none of them is in the wheel."""
