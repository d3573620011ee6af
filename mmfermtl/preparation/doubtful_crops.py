"""Find crops that a person should inspect, and why."""
import math
from collections import defaultdict
from statistics import median
from typing import Any, Dict, List, Sequence, Tuple

Row = Dict[str, Any]
LOW_SCORE = 0.8
STRONG_TILT = 20.
EYE_TOLERANCE = 0.3
MUCH_OUTSIDE = 0.15
#: Fewer crops than this have no median worth a comparison.
_FEW = 5


def mark_doubtful(rows: Sequence[Row]) -> None:
    """Add to each crop a list ``doubtful`` of reasons, empty if it is fine.

    Our choice of limits: a score of the detector below 0.8, a tilt of more
    than 20 degrees, eyes 30 % nearer or farther than the median of the
    sequence or of all images of the same size, 15 % more of the crop outside
    the image than usual (images may be cut tight), several faces, a transform
    borrowed from a neighbour.

    Args:
        rows (Sequence[dict]): Sequences as the index holds them, all of one
            dataset. Changed in place.
    """
    distances: Dict[Tuple, List[float]] = defaultdict(list)
    for row in rows:
        for frame in _measured(row):
            distances[tuple(frame['image_size'])].append(_eyes(frame)[0])
    usual = {k: median(v) for k, v in distances.items() if len(v) >= _FEW}
    limit = MUCH_OUTSIDE + usual_outside(rows)
    for row in rows:
        measured = [_eyes(frame)[0] for frame in _measured(row)]
        of_sequence = median(measured) if measured else 0.
        for frame in row['frames']:
            if 'path' not in frame:
                continue
            reasons = frame['doubtful'] = list(frame.get('notes', ()))
            reasons += _geometry_doubts(row)
            if frame['face'] == 'borrowed':
                reasons.append('no face found, cut as frame '
                               f'{frame["borrowed_from"]}')
            if frame['landmarks'] is not None:
                size = tuple(frame['image_size'])
                reasons += _face_doubts(
                    frame, {
                        'its sequence': of_sequence,
                        'all sequences': usual.get(size, of_sequence)
                    })
            if frame['face'] != 'cropped' and frame['outside'] > limit:
                reasons.append(f'{100 * frame["outside"]:.0f} % of the crop '
                               'outside the image')


def usual_outside(rows: Sequence[Row]) -> float:
    """Compute the median share, in [0, 1], of crops outside their images."""
    shares = [f['outside'] for row in rows for f in _measured(row)]
    return median(shares) if shares else 0.


def _measured(row: Row) -> List[Row]:
    """List the frames in which a face was found."""
    return [f for f in row['frames'] if f.get('landmarks')]


def _eyes(frame: Row) -> Tuple[float, float]:
    """Compute the distance of the eyes in pixels and the tilt in degrees."""
    (left_x, left_y), (right_x, right_y) = frame['landmarks'][:2]
    across, down = right_x - left_x, right_y - left_y
    return math.hypot(across, down), math.degrees(math.atan2(down, across))


def _geometry_doubts(row: Row) -> List[str]:
    """Report a video that was turned otherwise than documented."""
    used = row.get('geometry', {})
    if all(row['attributes'].get(k) == v for k, v in used.items()):
        return []
    half = f', {used["half"]} half' if used['half'] else ''
    unknown = row['attributes'].get('half') == 'unknown'
    documented = 'not documented' if unknown else 'not as documented'
    return [f'{documented}: turned by {used["rotate"]}{half}']


def _face_doubts(frame: Row, medians: Dict[str, float]) -> List[str]:
    """Report what is unusual about a face, its size by the first median."""
    distance, tilt = _eyes(frame)
    reasons = []
    if frame['score'] is not None and frame['score'] < LOW_SCORE:
        reasons.append(f'score {frame["score"]:.2f}')
    if frame['num_faces'] > 1:
        reasons.append(f'{frame["num_faces"]} faces')
    if abs(tilt) > STRONG_TILT:
        reasons.append(f'tilted by {tilt:.0f} degrees')
    for name, usual in medians.items():
        if abs(distance / usual - 1) > EYE_TOLERANCE:
            reasons.append(f'eyes {distance:.0f} px apart, median of {name} '
                           f'{usual:.0f} px')
            break
    return reasons
