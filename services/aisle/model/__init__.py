"""Pure decisions of the aisle service; the clock is an argument."""
