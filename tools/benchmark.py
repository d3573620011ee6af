"""Measure the speed of a config, and count what its training step does."""
import argparse
import time
from typing import Any, Callable, Dict, List, Optional, Tuple

from mmfermtl.utils.errors import UserError, report_user_errors
from mmfermtl.utils.json_documents import write_json
from mmfermtl.utils.output_files import check_output_file
from mmfermtl.utils.text_table import format_table
from mmfermtl.utils.tool_arguments import add_config_arguments

#: Rows of a measurement, and all that was measured.
Found = Tuple[List[Dict[str, Any]], Any]
VARIANTS = ('float32', 'amp', 'bf16', 'graphs', 'bf16+graphs', 'compile',
            'amp+compile', 'bf16+compile')
COLUMNS = dict(
    variant=('variant', '{}'),
    ms=('ms', '{:.2f}'),
    images_s=('images/s', '{:.1f}'),
    speed=('speed', '{:.2f}'),
    slowest=('from', '{:.2f}'),
    fastest=('to', '{:.2f}'),
    first_s=('first s', '{:.2f}'),
    test_ms=('test ms', '{:.2f}'),
    test_images_s=('images/s', '{:.1f}'),
    peak_mib=('peak MiB', '{:.0f}'),
    loss_change=('loss change', '{:.1e}'),
    operations=('operations', '{}'),
    kernels=('kernels', '{}'),
    synchronizations=('waits for a GPU', '{}'),
    mmacs=('million MACs', '{:.0f}'),
    batch_bytes=('bytes a batch', '{}'))


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Measure a config on rendered faces that went through '
        'its pipelines; no data are needed. What is compared is measured in '
        'turns: speed is the median ratio to the first row, with the least '
        'and the greatest of all rounds. The loss change is the largest '
        'relative difference to the losses of the first row, from the same '
        'weights over the same batches.')
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--what',
        default='step',
        choices=list(MEASUREMENTS),
        help='step: training and test steps of --variants, without loading '
        '(default); counts: operations of a training step, which do not '
        'depend on the machine; loader: loading a batch with --workers; '
        'loop: training with loading and without; inference: recognition of '
        'one batch, by PyTorch and ONNX, and detection; folder: pictures from '
        'file to row, by --batches; scaling: training steps of other '
        '--batches, --sides and --classes; release: the step against that of '
        'a clone of the release')
    parser.add_argument(
        '--variants',
        nargs='+',
        default=['float32'],
        choices=VARIANTS,
        help='precisions and others of the step; float32 and bf16 beside the '
        'release (default: float32)')
    parser.add_argument(
        '--workers',
        nargs='+',
        type=int,
        default=[0, 2, 4],
        help='workers of a loader (default: 0 2 4)')
    parser.add_argument(
        '--images',
        type=int,
        help='images of a batch in inference (default: 1), of the folder '
        '(default: 64)')
    parser.add_argument(
        '--compile', action='store_true', help='also compiled, in inference')
    parser.add_argument(
        '--compare',
        metavar='timm:NAME[@SIDE]',
        help='a network of timm with random weights, exported to ONNX, as the '
        'first row of inference')
    parser.add_argument(
        '--cpu-time',
        action='store_true',
        help='count the time that the processor worked for this process, in '
        'inference and folder: for a machine that others use, too')
    for name in ('batches', 'sides', 'classes'):
        parser.add_argument(
            f'--{name}',
            nargs='+',
            type=int,
            default=[],
            help='for scaling' + ' and folder' * (name == 'batches'))
    parser.add_argument(
        '--release',
        metavar='FOLDER',
        help='clone of github.com/cikrhazo/FERSNet, whose code is run')
    parser.add_argument(
        '--steps',
        type=int,
        default=20,
        help='rounds that count '
        '(default: 20)')
    parser.add_argument(
        '--warmup',
        type=int,
        default=3,
        help='rounds before them '
        '(default: 3)')
    parser.add_argument(
        '--out', metavar='FILE.json', help='file for all measurements')
    add_config_arguments(parser)
    return parser.parse_args()


def _measure_step(cfg: Any, args: argparse.Namespace, rounds: dict) -> Found:
    from mmfermtl.analysis.speed.step_speed import (measure_speed,
                                                    summarize_times)
    found = measure_speed(cfg, args.variants, **rounds)
    rows = [summarize_times(times, cfg, found[0]) for times in found]
    times = [
        dict(
            train=one.train._asdict(),
            test=one.test._asdict(),
            losses=one.losses) for one in found
    ]
    return rows, times


def _measure_counts(cfg: Any, args: argparse.Namespace, rounds: dict) -> Found:
    from mmfermtl.analysis.speed.step_speed import measure_counts
    counts = measure_counts(cfg, rounds['seed'])
    return [counts._asdict()], counts._asdict()


def _measure_loader(cfg: Any, args: argparse.Namespace, rounds: dict) -> Found:
    from mmfermtl.analysis.speed.loading_speed import measure_loader
    return _summarize(
        measure_loader(
            cfg, args.workers, training=args.what == 'loop', **rounds),
        cfg.train_dataloader.batch_size)


def _measure_inference(cfg: Any, args: argparse.Namespace,
                       rounds: dict) -> Found:
    from mmfermtl.analysis.speed.inference_speed import (FORMS,
                                                         measure_inference)
    from mmfermtl.stack import missing_export_packages
    images = args.images or 1
    forms = [
        form for form in FORMS if (args.compile or 'compile' not in form) and (
            'onnx' not in form or not missing_export_packages())
    ]
    return _summarize(
        measure_inference(
            cfg,
            forms,
            images,
            other=args.compare,
            detection=True,
            clock=_clock(args),
            **rounds), images)


def _measure_folder(cfg: Any, args: argparse.Namespace, rounds: dict) -> Found:
    from mmfermtl.analysis.speed.folder_speed import measure_folder
    images = args.images or 64
    batches = args.batches or (1, 8, 32)
    return _summarize(
        measure_folder(cfg, batches, images, clock=_clock(args), **rounds),
        images)


def _clock(args: argparse.Namespace) -> Optional[Callable[[], float]]:
    return time.process_time if args.cpu_time else None


def _measure_scaling(cfg: Any, args: argparse.Namespace,
                     rounds: dict) -> Found:
    from mmfermtl.analysis.speed.scaling_speed import measure_scaling
    found = measure_scaling(cfg, args.batches, args.sides, args.classes,
                            **rounds)
    rows = [one.comparison.summary(one.scale.images) for one in found]
    return rows, [one.comparison._asdict() for one in found]


def _measure_release(cfg: Any, args: argparse.Namespace,
                     rounds: dict) -> Found:
    from mmfermtl.analysis.speed.release_speed import measure_release
    if not args.release:
        raise UserError('--what release needs --release, the folder of a '
                        'clone of github.com/cikrhazo/FERSNet')
    images = args.images or 8
    return _summarize(
        measure_release(
            cfg, args.release, args.variants, images=images, **rounds), images)


def _summarize(found: list, images: int) -> Found:
    """Summarise what was measured in turns."""
    return ([one.summary(images)
             for one in found], [one._asdict() for one in found])


MEASUREMENTS: Dict[str, Callable[..., Found]] = dict(
    step=_measure_step,
    counts=_measure_counts,
    loader=_measure_loader,
    loop=_measure_loader,
    inference=_measure_inference,
    folder=_measure_folder,
    scaling=_measure_scaling,
    release=_measure_release)


def main() -> None:
    """Run the tool."""
    args = parse_args()
    # After parsing: `--help` does not wait for PyTorch.
    from mmfermtl.apis import load_config
    from mmfermtl.utils.environment import describe_environment
    cfg = load_config(args.config, args.cfg_options, args.allow_new_keys,
                      args.data_root, args.fold)
    if args.out:
        check_output_file('--out', args.out)
    environment = describe_environment()
    hardware = environment['hardware']
    units = ' and '.join(hardware['bf16_units'] or ()) or 'no bfloat16 units'
    print(f'{args.config}: {cfg.train_dataloader.batch_size} images a '
          f'training step, {cfg.test_dataloader.batch_size} a test step; '
          f'{hardware["gpu"] or hardware["cpu"]} ({units}), '
          f'{hardware["threads"]} threads, '
          f'torch {environment["versions"]["torch"]}')
    rows, measured = MEASUREMENTS[args.what](cfg, args,
                                             dict(
                                                 steps=args.steps,
                                                 warmup=args.warmup,
                                                 seed=args.seed or 0))
    names = [name for name in COLUMNS if name in rows[0]]
    print(
        format_table([COLUMNS[name][0] for name in names],
                     [[COLUMNS[name][1].format(row[name]) for name in names]
                      for row in rows]))
    if args.out:
        write_json(
            args.out,
            dict(
                config=args.config,
                what=args.what,
                summary=rows,
                measured=measured,
                **environment),
            indent=1)


if __name__ == '__main__':
    with report_user_errors():
        main()
