"""An item amid the training part is like it, one far away is not, on the training part's own scale."""

from __future__ import annotations

import numpy as np

from probes.novelty import nearest, own_similarities


def test_what_lies_elsewhere_is_unlike_anything_in_training() -> None:
    rng = np.random.default_rng(0)
    training = rng.normal(size=(300, 16)) * 0.3 + np.eye(16)[0]
    own = own_similarities(training)
    like, unlike = nearest(np.stack([training[7] + 0.01, -np.eye(16)[0]]), training, own)
    assert like.places[0] == 7 and not like.is_unlike
    assert unlike.is_unlike and unlike.further_than == 1.0


def test_copies_in_one_group_do_not_make_the_scale_narrow() -> None:
    training = np.repeat(np.eye(4), 2, axis=0)
    assert np.allclose(own_similarities(training), 1.0)
    assert np.allclose(own_similarities(training, np.repeat(np.arange(4), 2)), 0.0)
