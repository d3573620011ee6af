"""``mmfermtl doctor``: say whether this installation works."""
import argparse
import json
import warnings
from typing import Dict, List

HELP = 'check packages, weights, face detector and devices, with a self-test'
FORMAT = 'mmfermtl-doctor-1'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.add_argument(
        '--json', action='store_true', help='print the checks as JSON')


def run(args: argparse.Namespace) -> int:
    """Run the subcommand.

    Returns:
        int: 0, or 1 if something that is needed is missing or broken.
    """
    from .checks.detector import check_detector
    from .checks.devices import check_devices
    from .checks.packages import check_packages
    from .checks.self_test import run_self_tests
    from .checks.weights import check_weights
    with warnings.catch_warnings():
        # Of packages about their own parts.
        warnings.simplefilter('ignore')
        checks = [
            *check_packages(), *check_devices(), *check_detector(),
            *check_weights(), *run_self_tests()
        ]
    problems = sum(check.status == 'problem' for check in checks)
    if args.json:
        content = dict(
            format=FORMAT,
            ok=not problems,
            checks=[check._asdict() for check in checks])
        print(json.dumps(content, indent=2))
    else:
        print('\n'.join(format_checks(checks)))
        print(f'\n{problems} problem(s): see the lines above'
              if problems else '\nEverything that is needed works.')
    return int(bool(problems))


def format_checks(checks: List) -> List[str]:
    """Format checks as lines, under the name of their group.

    Args:
        checks (list[Check]): In order.

    Returns:
        list[str]: The lines.
    """
    from ..utils.safe_text import printable
    width = max(len(check.name) for check in checks)
    groups: Dict[str, List[str]] = {}
    for check in checks:
        lines = groups.setdefault(check.group, [])
        lines.append(f'  {check.status:<7}  {check.name:<{width}}  '
                     f'{printable(check.found)}')
        if check.fix:
            lines.append(f'  {"":<7}  {"":<{width}}  fix: {check.fix}')
    return [
        line for group, lines in groups.items() for line in (group, *lines)
    ]
