"""Charts as inline SVG, drawn here and not in the reader's browser: no scripts, no network, crisp at any width.

A plot has no viewBox: what must keep its size (text, dots, strokes) is placed by percentages of the width, and only lines and areas live in
a nested, stretched viewBox. Colours come from classes, so that the style sheet's tokens serve light and dark alike.
"""
