"""A floor plan as a picture: SVG drawn here, PNG made of it, light or dark."""
