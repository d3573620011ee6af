from .comparison_report import format_comparison
from .cross_validate import Outcome, cross_validate, format_outcome
from .run_comparison import compare_runs
from .run_key import RunKey, list_runs, parse_numbers

__all__ = [
    'Outcome', 'RunKey', 'compare_runs', 'cross_validate', 'format_comparison',
    'format_outcome', 'list_runs', 'parse_numbers'
]
