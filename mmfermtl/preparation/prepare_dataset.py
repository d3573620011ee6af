"""Prepare a dataset, or verify a prepared one."""
import os.path as osp
from functools import partial
from itertools import product
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from ..datasets import (BU4DFE, MMI, CKPlus, ExpressionFolder, OuluCASIA,
                        TaiwaneseFaces)
from ..datasets.own_data.fixed_splits import SplitRule
from ..datasets.sequences import FrameRule, read_frame_file
from ..utils.errors import UserError
from .face_detector import FaceDetector
from .preparation_options import PreparationOptions, SourceDataset
from .preparation_report import frames_of, summary_line
from .sequence_preparer import SequencePreparer
from .sequence_tasks import list_tasks
from .tree_checks import REPORT_NAME, check_options, check_roots, clear_tree
from .tree_preparation import prepare_tree

DATASET_CLASSES = dict(
    ckplus=CKPlus,
    oulucasia=OuluCASIA,
    mmi=MMI,
    bu4dfe=BU4DFE,
    taiwan=TaiwaneseFaces,
    folder=ExpressionFolder)
#: Options that only one dataset has, by its name.
DATASET_OPTIONS: Dict[str, Tuple[str, ...]] = dict(
    oulucasia=('modality', 'illumination', 'images'),
    mmi=('views', 'annotated_upright'),
    folder=('ann_file', 'subject_pattern', 'classes', 'expression_map',
            'splits', 'spellings', 'follow_links'))
#: Of these, an index stores those that were given, and no defaults: trees of
#: versions without the option stay valid.
WHERE_GIVEN = ('bit_depth', 'classes', 'expression_map', 'splits', 'spellings',
               'follow_links')
#: Of these, each value is a condition with its own sequences.
CONDITIONS = ('modality', 'illumination')


def prepare_dataset(name: str,
                    raw_root: str,
                    out_root: str,
                    dataset_options: Optional[Dict[str, Any]] = None,
                    options: Optional[Dict[str, Any]] = None,
                    jobs: int = 1,
                    overwrite: bool = False,
                    strict: bool = False,
                    face_model: Optional[str] = None,
                    detector_factory: Optional[Callable] = None) -> str:
    """Write aligned face crops of a dataset, an index and a report.

    A run that was interrupted resumes; of a finished tree only the sequences
    that changed in the distribution are prepared again.

    Args:
        name (str): A key of :data:`DATASET_CLASSES`.
        raw_root (str): Folder of the distribution.
        out_root (str): Folder to write to.
        dataset_options (dict, optional): ``frames``, ``exclude``,
            ``bit_depth`` and the options of :data:`DATASET_OPTIONS`; of
            :data:`CONDITIONS` lists.
        options (dict, optional): See
            :class:`~.preparation_options.PreparationOptions`.
        jobs (int): Number of processes. Defaults to 1.
        overwrite (bool): Whether a tree of other options is removed.
            Defaults to False.
        strict (bool): Whether problems raise an error, at the end.
            Defaults to False.
        face_model (str, optional): File of the detector's weights. Defaults
            to None, the file that
            :class:`~mmfermtl.preparation.FaceDetector` uses.
        detector_factory (Callable, optional): Builds another detector.
            Defaults to None.

    Returns:
        str: Summary for the user.

    Raises:
        UserError: If the arguments contradict one another, or with
            ``strict``.
        ValueError: If the tree has other options or cannot be written.
    """
    raw_root, out_root = osp.abspath(raw_root), osp.abspath(out_root)
    if jobs < 1:
        raise UserError(f'jobs={jobs}; give 1 or more processes')
    check_roots(raw_root, out_root)
    chosen = _all_options(name, dataset_options or {}, options or {})
    dataset = DATASET_CLASSES[name].__name__
    other_options = False
    try:
        check_options(out_root, dataset, chosen.to_dict())
    except ValueError:
        if not overwrite:
            raise
        other_options = True
    sources = _sources(name, chosen)
    try:
        worklist = list_tasks(raw_root, sources, chosen)
    except ImportError as error:
        raise UserError(str(error)) from error
    if other_options:
        clear_tree(out_root)
    factory = detector_factory or partial(FaceDetector, face_model)
    build = partial(SequencePreparer, raw_root, out_root, sources, chosen,
                    factory)
    rows, number = prepare_tree(build, worklist, jobs)
    state = (f'{number} sequences prepared now'
             if number else 'nothing to do, all crops are there, unchanged')
    text = (f'{out_root}: {state}. In all {summary_line(worklist, rows)}; see '
            f'{osp.join(out_root, REPORT_NAME)}')
    if strict and (frames_of(rows, 'missing') or worklist.problems
                   or worklist.left_out):
        raise UserError(f'{text}\nEverything else is prepared; fix the '
                        'problems in the report and run again, or leave out '
                        '--strict')
    return text


def parse_frames(text: str) -> FrameRule:
    """Parse ``--frames``, such as ``last:3`` or ``file:PATH``."""
    kind, _, value = text.partition(':')
    try:
        if text == 'all':
            return 'all'
        if kind in ('first', 'last', 'middle') and int(value) > 0:
            return {kind: int(value)}
        if kind == 'indices':
            return dict(indices=[int(i) for i in value.split(',')])
    except ValueError:
        pass
    if kind == 'file' and value:
        return dict(file=read_frame_file(value))
    raise UserError(f'--frames {text}: give all, first:N, last:N, middle:N, '
                    'indices:0,5,-1 or file:PATH')


def parse_splits(text: str) -> SplitRule:
    """Parse ``--splits``, ``folders`` or ``column:NAME``."""
    kind, _, value = text.partition(':')
    if text == 'folders':
        return text
    if kind == 'column' and value:
        return dict(column=value)
    raise UserError(f'--splits {text}: give folders or column:NAME')


def parse_expression_map(pairs: Sequence[str]) -> Dict[str, Optional[str]]:
    """Parse ``--expression-map``, pairs such as ``0=anger``.

    A label with nothing, or ``None``, after the sign is left out.
    """
    wrong = [pair for pair in pairs if '=' not in pair]
    if wrong:
        raise UserError(f'--expression-map {wrong[0]}: give pairs such as '
                        '0=anger')
    found = (pair.partition('=') for pair in pairs)
    return {
        label: None if name in ('', 'None') else name
        for label, _, name in found
    }


def _all_options(name: str, dataset_options: Dict[str, Any],
                 options: Dict[str, Any]) -> PreparationOptions:
    """Check the options, and fill in the defaults of the dataset."""
    cls = DATASET_CLASSES.get(name)
    if cls is None:
        raise UserError(f'dataset {name!r}; give one of '
                        f'{", ".join(DATASET_CLASSES)}')
    known = ('frames', 'exclude', 'bit_depth') + DATASET_OPTIONS.get(name, ())
    unknown = sorted(set(dataset_options) - set(known))
    if unknown:
        owner = next(k for k, v in DATASET_OPTIONS.items() if unknown[0] in v)
        raise UserError(f'--{unknown[0].replace("_", "-")} is an option of '
                        f'{owner}, not of {name}; leave it out')
    # The index stores the defaults of the class, too.
    first = {
        k: v[0] if k in CONDITIONS else v
        for k, v in dataset_options.items()
    }
    probe = cls(lazy_init=True, **first)
    complete = {k: getattr(probe, k) for k in known if k not in WHERE_GIVEN}
    complete.update(
        (k, v) for k, v in dataset_options.items() if k in WHERE_GIVEN)
    for key in set(CONDITIONS) & set(known):
        values = dataset_options.get(key, [complete[key]])
        complete[key] = list(dict.fromkeys(values))
    return PreparationOptions(dataset=complete, **options)


def _sources(name: str, options: PreparationOptions) -> List[SourceDataset]:
    """Build the options of the dataset, once for each condition."""
    fixed = {k: v for k, v in options.dataset.items() if k not in CONDITIONS}
    fixed['neutral_of'] = 'all' if options.unlabelled else 'labelled'
    keys = [k for k in CONDITIONS if k in options.dataset]
    return [
        SourceDataset(DATASET_CLASSES[name],
                      dict(fixed, **dict(zip(keys, values))))
        for values in product(*(options.dataset[k] for k in keys))
    ]
