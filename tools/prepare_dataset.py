"""Write aligned face crops of a dataset, with an index and a report."""
import argparse
import os
from typing import Any, Dict

from mmfermtl.utils.errors import report_user_errors

#: Those that `mmfermtl.preparation.prepare_dataset` can prepare.
DATASETS = ('ckplus', 'oulucasia', 'mmi', 'bu4dfe', 'taiwan', 'folder')
#: What `mmfermtl.datasets` does with subjects spelled in several ways.
SPELLINGS = ('refuse', 'merge', 'keep')


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Write aligned face crops of a dataset in its own '
        'layout, with an index that the dataset classes read. A run that was '
        'interrupted resumes.')
    parser.add_argument('dataset', choices=DATASETS)
    parser.add_argument('raw_root', help='folder of the distribution')
    parser.add_argument('out_root', help='folder to write to')
    parser.add_argument(
        '--frames',
        help='frames that show the expression: last:3, middle:3, first:1, '
        'all, indices:0,5,-1 or file:PATH (default: the usual ones of the '
        'dataset)')
    parser.add_argument('--exclude', nargs='+', metavar='S021')
    parser.add_argument(
        '--bit-depth',
        type=int,
        help='of images of more than 8 bits a channel: 12 if their values go '
        'up to 4095')
    group = parser.add_argument_group('crops')
    group.add_argument('--size', type=int, help='side in pixels')
    group.add_argument('--margin', type=float, help='share of the tight side')
    group.add_argument('--color', choices=['keep', 'gray'])
    group.add_argument(
        '--align',
        choices=['auto', 'detector', 'none'],
        help='auto: landmarks of the dataset where it has some, else a face '
        'detector; none: whole images, for those of Oulu-CASIA that come '
        'cropped')
    group.add_argument(
        '--neutral', type=int, help='first frames of a sequence to add')
    group.add_argument(
        '--unlabelled',
        action='store_true',
        default=None,
        help='prepare neutral frames of sequences without a label too')
    group.add_argument('--face-model', help='file of the face detector')
    _add_dataset_arguments(parser)
    group = parser.add_argument_group('run')
    group.add_argument(
        '--jobs', type=int, default=os.cpu_count(), help='processes')
    group.add_argument(
        '--overwrite',
        action='store_true',
        help='remove the prepared tree that is there')
    group.add_argument(
        '--strict',
        action='store_true',
        help='end with code 2 if there are problems, after preparing the rest')
    group.add_argument(
        '--verify',
        action='store_true',
        help='only compare the prepared tree with its checksums')
    return parser.parse_args()


def _add_dataset_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that only one dataset has."""
    group = parser.add_argument_group('oulucasia, one tree for all conditions')
    group.add_argument('--modality', nargs='+', choices=['VL', 'NI'])
    group.add_argument(
        '--illumination', nargs='+', choices=['Strong', 'Weak', 'Dark'])
    group.add_argument('--images', choices=['auto', 'original', 'cropped'])
    group = parser.add_argument_group('mmi')
    group.add_argument('--views', nargs='+', type=int, choices=[0, 1, 2])
    group.add_argument(
        '--annotated-upright', action='store_true', default=None)
    group = parser.add_argument_group('folder')
    group.add_argument('--ann-file', help='CSV file')
    group.add_argument('--subject-pattern', help='regular expression')
    group.add_argument(
        '--classes', nargs='+', help='names in label order, also your own')
    group.add_argument(
        '--expression-map',
        nargs='+',
        metavar='LABEL=NAME',
        help='what numbers and folder names mean, such as 0=anger; '
        'unsure=None leaves images out')
    group.add_argument('--splits', help='fixed splits: folders or column:NAME')
    group.add_argument('--spellings', choices=SPELLINGS)
    group.add_argument('--follow-links', action='store_true', default=None)


def given(args: argparse.Namespace, *names: str) -> Dict[str, Any]:
    """Select the arguments that the user gave."""
    return {k: getattr(args, k) for k in names if getattr(args, k) is not None}


def main() -> None:
    """Run the tool."""
    args = parse_args()
    # After parsing: `--help` does not wait for PyTorch.
    from mmfermtl.preparation.prepare_dataset import (DATASET_OPTIONS,
                                                      parse_expression_map,
                                                      parse_frames,
                                                      parse_splits,
                                                      prepare_dataset)
    from mmfermtl.preparation.tree_checks import verify_dataset
    if args.verify:
        print(verify_dataset(args.out_root))
        return
    if args.frames is not None:
        args.frames = parse_frames(args.frames)
    if args.splits is not None:
        args.splits = parse_splits(args.splits)
    if args.expression_map is not None:
        args.expression_map = parse_expression_map(args.expression_map)
    special = [name for names in DATASET_OPTIONS.values() for name in names]
    print(
        prepare_dataset(
            args.dataset,
            args.raw_root,
            args.out_root,
            dataset_options=given(args, 'frames', 'exclude', 'bit_depth',
                                  *special),
            options=given(args, 'size', 'margin', 'color', 'align', 'neutral',
                          'unlabelled'),
            jobs=args.jobs,
            overwrite=args.overwrite,
            strict=args.strict,
            face_model=args.face_model))


if __name__ == '__main__':
    with report_user_errors('run the same command again to go on'):
        main()
