from .classification_scores import (average_frames, count_confusion,
                                    score_confusion)
from .image_scores import paired_image_scores
from .intervals import (percentile_interval, resample_clusters, seed_interval,
                        sum_by_cluster, t_over_folds, wilson_interval)
from .near_duplicates import (NearDuplicate, find_near_duplicates,
                              make_thumbnail)
from .paired_tests import count_discordant, mcnemar_exact, paired_difference

__all__ = [
    'NearDuplicate', 'average_frames', 'count_confusion', 'count_discordant',
    'find_near_duplicates', 'make_thumbnail', 'mcnemar_exact',
    'paired_difference', 'paired_image_scores', 'percentile_interval',
    'resample_clusters', 'score_confusion', 'seed_interval', 'sum_by_cluster',
    't_over_folds', 'wilson_interval'
]
