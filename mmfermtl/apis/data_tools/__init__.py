from .dataset_browsing import browse_dataset
from .leak_check import check_leaks
from .leak_report import format_leaks, save_leaks
from .preparation import parse_frames, prepare_dataset, verify_dataset

__all__ = [
    'browse_dataset', 'check_leaks', 'format_leaks', 'parse_frames',
    'prepare_dataset', 'save_leaks', 'verify_dataset'
]
