"""What a folder's name says about its role: a part, items without a class, a fold, a mere container, masks.

Names come as `train_images`, `TrainingSet`, `x_test`, `val2017` or `seg_pred`, so they are read word by word.
"""

from __future__ import annotations

from advisor.data.read.names import part_name, words_of

#: Words of a folder that holds the files of something and says nothing of their class.
_NEUTRAL = frozenset(
    "images image imgs img pictures pics photos frames crops files data dataset set sets x jpg jpeg jpegs png pngs "
    "texts text txt raw color colour rgb jpegimages".split()
)
_UNLABELLED = frozenset(
    "unlabeled unlabelled unlabel unsup unsupervised pred preds predict prediction predictions inference "
    "submission".split()
)
_FOLDS = frozenset("fold folds cv".split())
_PIECES = _FOLDS | frozenset("batch part shard chunk subset piece".split())
_MASKS = frozenset(
    "mask masks label labels annotation annotations annot gt groundtruth truth segmentation segmentations "
    "seg bbox boxes".split()
)


def is_container(name: str) -> bool:
    """Whether every word is neutral.

    >>> is_container("jpg_images"), is_container("cat images")
    (True, False)
    """
    words = words_of(name)
    return bool(words) and all(word in _NEUTRAL for word in words)


def is_unlabelled(name: str) -> bool:
    """Whether a name says that its items have no class.

    >>> is_unlabelled("seg_pred"), is_unlabelled("Images to predict"), is_unlabelled("unknown")
    (True, True, False)
    """
    return any(word in _UNLABELLED for word in words_of(name))


def is_masks(name: str) -> bool:
    """Whether a name is one for the outlines or boxes that belong to images.

    >>> is_masks("mask_images"), is_masks("face masks")
    (True, False)
    """
    words = words_of(name)
    return any(word in _MASKS for word in words) and all(word in _MASKS | _NEUTRAL for word in words)


def is_fold(name: str) -> bool:
    """Whether a name is a fold's: `fold1`, `cv_2`.

    >>> is_fold("fold_3"), is_fold("Fold"), is_fold("batch1")
    (True, False, False)
    """
    return _numbered(name, _FOLDS)


def is_piece(name: str) -> bool:
    """Whether a name is one of several pieces of a set; a class may be called so as well.

    >>> is_piece("fold3"), is_piece("batch 2"), is_piece("batches")
    (True, True, False)
    """
    return _numbered(name, _PIECES)


def _numbered(name: str, nouns: frozenset[str]) -> bool:
    words = words_of(name)
    return len(words) == 2 and words[0] in nouns and words[1].isdigit()


def class_in_part(name: str) -> str:
    """The class that stands beside the part in one name, "" where none does.

    >>> class_in_part("train_cats"), class_in_part("testA"), class_in_part("train_images_2")
    ('cats', 'a', '')
    """
    words = [word for word in words_of(name) if not part_name(word)]
    return " ".join(word for word in words if word not in _NEUTRAL and not word.isdigit())
