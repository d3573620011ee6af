"""Rendered CK+ sequences, prepared, and read back from the index."""
from rendered_frames import no_detector

from mmfermtl.datasets.prepared_index import read_index
from mmfermtl.preparation.prepare_dataset import prepare_dataset

SEQUENCES = [('S005', '001', 1), ('S005', '002', 3), ('S010', '001', 1),
             ('S010', '003', 3), ('S011', '001', 3), ('S011', '002', None)]


def prepare(raw, out, detector_factory=no_detector, **kwargs):
    """Prepare rendered CK+ sequences and return the index by sequence."""
    prepare_dataset(
        'ckplus',
        str(raw),
        str(out),
        detector_factory=detector_factory,
        **kwargs)
    return rows_of(out)


def rows_of(out):
    """The rows of an index by subject and sequence."""
    return {
        f'{row["subject"]}/{row["name"]}': row
        for row in read_index(str(out))['sequences']
    }
