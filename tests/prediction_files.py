"""Results of `mmfermtl predict`, and a film for it."""
import csv
from pathlib import Path

from fake_faces import picture


def read_rows(folder):
    """Read the rows of a folder of results."""
    with open(
            Path(folder) / 'predictions.csv', encoding='utf-8',
            newline='') as file:
        return list(csv.DictReader(file))


def write_film(path, count=6):
    """Write a film of a face that moves to the right."""
    from mmfermtl.inference.film_writer import FilmWriter
    with FilmWriter(str(path), 10.) as writer:
        for i in range(count):
            writer.write(picture((10 + i, 20, 50, 250)), i / 10)
