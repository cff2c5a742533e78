"""Catalogues for translators: what is said where, what lacks a translation, what is out of date."""
