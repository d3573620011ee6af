"""Test the complete runs of a study with test-time augmentation."""
import os
import os.path as osp
from typing import Any, Dict, List

from ...engine.testing import run_test
from ...utils.contained_files import contained_path
from ...utils.errors import UserError
from .epoch_predictions import Row, predictions_path, read_test
from .fold_config import configure_run
from .run_key import RunKey
from .study_folder import StudyFolder

#: Work directory of the test, in that of the run.
_FOLDER = 'tta'


def is_tested(run_dir: str) -> bool:
    """Tell whether a run was tested with test-time augmentation."""
    return osp.isfile(predictions_path(_test_dir(run_dir)))


def forget_test(run_dir: str) -> None:
    """Remove the predictions by the weights that a run had before."""
    if is_tested(run_dir):
        os.remove(predictions_path(_test_dir(run_dir)))


def read_augmented_test(run_dir: str, split: str) -> List[Row]:
    """Read the predictions of a run with test-time augmentation."""
    return read_test(_test_dir(run_dir), split)


def _test_dir(run_dir: str) -> str:
    """Return the work directory of the test.

    Raises:
        ValueError: If it, or its predictions, are links to the outside.
    """
    inside = predictions_path(_FOLDER)
    for path in (_FOLDER, osp.dirname(inside), inside):
        contained_path(run_dir, path, follow=True)
    return osp.join(run_dir, _FOLDER)


def run_augmented_tests(study: StudyFolder,
                        done: Dict[RunKey, Dict[str, Any]]) -> None:
    """Test the last checkpoint of each complete run, unless it was tested.

    Runs with an inner validation fold are left out.

    Args:
        study (StudyFolder): The study.
        done (dict): The ``done.json`` of each complete run.

    Raises:
        UserError: If a run has no checkpoint, or its test set no pipeline.
    """
    for key, facts in sorted(done.items()):
        run_dir = study.run_dir(key)
        if key.nested or is_tested(run_dir):
            continue
        if not facts.get('checkpoint'):
            raise UserError(f'{run_dir} has no checkpoint to test; remove the '
                            'folder and run it again, or leave out --tta')
        cfg = study.load_config()
        configure_run(cfg, key)
        cfg.work_dir = _test_dir(run_dir)
        checkpoint = contained_path(run_dir, facts['checkpoint'], follow=True)
        run_test(cfg, checkpoint, tta=True)
