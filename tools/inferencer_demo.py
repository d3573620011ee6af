"""Read, and edit, faces by the inferencer."""
import argparse

from mmfermtl.utils.errors import report_user_errors


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Read the expressions in pictures, a film or a camera. '
        'The command `mmfermtl predict` does more.')
    parser.add_argument(
        'inputs', help='picture, folder, glob, film or webcam:NUMBER')
    parser.add_argument(
        '--model',
        help='name of the model, published weights, folder of an exported '
        'model, or config (default: the shipped weights)')
    parser.add_argument('--weights', help='checkpoint of the config')
    parser.add_argument('--device', help='default: a GPU if there is one')
    parser.add_argument('--backend', choices=('torch', 'onnx'))
    parser.add_argument(
        '--faces',
        choices=('detect', 'whole'),
        default='detect',
        help='find faces (default), or take each picture as a face')
    parser.add_argument('--batch-size', type=int, default=8)
    parser.add_argument('--show', action='store_true', help='open a window')
    parser.add_argument('--vis-out-dir', help='folder for annotated pictures')
    parser.add_argument(
        '--pred-out-dir',
        help='folder for predictions.csv and predictions.jsonl')
    return parser.parse_args()


def main() -> None:
    """Run the tool."""
    args = parse_args()
    # After parsing: `--help` does not wait for PyTorch.
    from mmfermtl.apis import FERMTLInferencer
    from mmfermtl.utils.safe_text import printable
    inferencer = FERMTLInferencer(args.model, args.weights, args.device,
                                  args.backend, args.faces)
    results = inferencer.inferencer.stream(
        args.inputs,
        batch_size=args.batch_size,
        show=args.show,
        vis_out_dir=args.vis_out_dir,
        pred_out_dir=args.pred_out_dir)
    for result in results:
        status, = result['status']
        faces, = result['predictions']
        found = ', '.join(f"{face['pred_class']} {face['pred_score']:.3f}"
                          for face in faces)
        place = status['file']
        if 'frame' in status:
            place += f" frame {status['frame']}"
        reason = f"{status['status']} {status['note']}".strip()
        print(printable(f'{place}: {found or reason}'))


if __name__ == '__main__':
    with report_user_errors():
        main()
