"""Exports of annotation programs that are one JSON object: COCO, VGG Image Annotator, Datumaro, labelme.

They are joined to one row per image, in COCO also where an image shows several categories. Where there is no class, the
file is refused by name, with the command that makes a table of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from advisor.core.wording import counted
from advisor.data.read.json_records import AnnotationsError, Records, Refusal, is_scalar, one_label

#: With a larger share of images of several classes a file is one of objects, and not of classes.
MOST_SEVERAL = 0.2
_LARGEST = (
    "import json,pandas as p;d=json.load(open({name!r},encoding='utf-8'));"
    "n={{c['id']:c['name'] for c in d['categories']}};f={{i['id']:i['file_name'] for i in d['images']}};"
    "a=sorted(d['annotations'],key=lambda a:-(a.get('area') or 0));"
    "p.DataFrame([(f[x['image_id']],n[x['category_id']]) for x in a],columns=['path','label'])"
    ".drop_duplicates('path').to_csv('labels.csv',index=False)"
)
_LABELME = (
    "import json,glob,pandas as p;d=[json.load(open(f,encoding='utf-8')) for f in glob.glob('*.json')];"
    "p.DataFrame([(x['imagePath'],x['shapes'][0]['label']) for x in d if x.get('shapes')],columns=['path','label'])"
    ".to_csv('labels.csv',index=False)"
)


def annotations_in(path: Path, content: dict[Any, Any]) -> Records | None:
    """The records of an export, None when the file is none of these. Raises DatasetError for objects and captions."""
    for reader in (_coco, _via, _datumaro):
        records = reader(path, content)
        if records is not None:
            return records
    if isinstance(content.get("shapes"), list) and "imagePath" in content:
        raise AnnotationsError(
            f"{path} is labelme's file of one image, and not a table of items. In the folder of such files run "
            f"{command(_LABELME)} and read the folder again."
        )
    return None


def command(code: str) -> str:
    """One line for a shell that runs Python code."""
    return f'python -c "{code}"'


def _coco(path: Path, content: dict[Any, Any]) -> Records | None:
    images, annotations = content.get("images"), content.get("annotations")
    if not (_are_objects(images) and isinstance(annotations, list)):
        return None
    assert isinstance(images, list)
    files = {_key(image.get("id")): image.get("file_name") for image in images}
    if not all(isinstance(name, str) for name in files.values()):
        return None
    known = [one for one in annotations if isinstance(one, dict)]
    if any("caption" in one for one in known[:100]):
        raise AnnotationsError(
            f"{path} is a COCO file of captions, and a caption is no class. "
            f"Give a table with the columns path and label."
        )
    categories = content.get("categories")
    names = {_key(c.get("id")): _name(c.get("name")) for c in _listed(categories) if isinstance(c, dict)}
    labels: dict[Any, dict[Any, None]] = {key: {} for key in files}
    for one in known:
        number = _key(one.get("category_id"))
        labels.setdefault(_key(one.get("image_id")), {})[names.get(number, number)] = None
    several = [key for key in files if len(labels[key]) > 1]
    notes = ["Read as a COCO file: images and categories are joined."]
    if len(several) > MOST_SEVERAL * max(1, sum(bool(labels[key]) for key in files)):
        sets = ({"path": file, "label": [str(name) for name in labels[key]]} for key, file in files.items())
        notes.append(
            f"{len(several):,} of {counted(len(files), 'image')} show several categories. To take the category of the "
            f"largest object, run in its folder {command(_LARGEST.format(name=path.name))} and read the folder again."
        )
        return Records(sets, notes, ("path", "label"))

    def rows() -> Iterator[dict[Any, Any] | Refusal]:
        for key, file in files.items():
            label = one_label(labels[key], "image")
            yield label if isinstance(label, Refusal) else {"path": file, "label": label}

    return Records(rows(), notes, ("path", "label"))


def _via(path: Path, content: dict[Any, Any]) -> Records | None:
    images = content.get("_via_img_metadata", content)
    if not isinstance(images, dict) or not images:
        return None
    entries = list(images.values())
    if not all(isinstance(one, dict) and isinstance(one.get("filename"), str) and "regions" in one for one in entries):
        return None
    of_files = [_attributes(one.get("file_attributes")) for one in entries]
    of_regions = [[v for region in _listed(one["regions"]) for v in _attributes(_get(region))] for one in entries]
    chosen = of_files if any(of_files) else of_regions
    if not any(chosen):
        raise AnnotationsError(
            f"{path} is a file of VGG Image Annotator without a class for any image. "
            f"Add an attribute with the class, or give a table with the columns path and label."
        )

    def rows() -> Iterator[dict[Any, Any] | Refusal]:
        for one, values in zip(entries, chosen, strict=True):
            label = one_label(values, "image")
            yield label if isinstance(label, Refusal) else {"path": one["filename"], "label": label}

    whence = "files" if any(of_files) else "regions"
    note = f"Read as a file of VGG Image Annotator: the attributes of the {whence} are the labels."
    return Records(rows(), [note], ("path", "label"))


def _get(region: Any) -> Any:
    return region.get("region_attributes") if isinstance(region, dict) else None


def _attributes(value: Any) -> list[str]:
    """The values of attributes: texts, and the options ticked of a checkbox."""
    values: list[str] = []
    for one in value.values() if isinstance(value, dict) else []:
        if isinstance(one, dict):
            values += [str(name) for name, ticked in one.items() if ticked]
        elif isinstance(one, (str, int)) and one != "":
            values.append(str(one))
    return values


def _datumaro(path: Path, content: dict[Any, Any]) -> Records | None:
    items, categories = content.get("items"), content.get("categories")
    if not (_are_objects(items) and isinstance(categories, dict) and isinstance(categories.get("label"), dict)):
        return None
    assert isinstance(items, list)
    described = categories["label"].get("labels")
    names = [one.get("name") if isinstance(one, dict) else one for one in _listed(described)]

    def rows() -> Iterator[dict[Any, Any] | Refusal]:
        for item in items:
            numbers = [one.get("label_id") for one in _listed(item.get("annotations")) if isinstance(one, dict)]
            label = one_label((names[n] for n in numbers if isinstance(n, int) and 0 <= n < len(names)), "image")
            image = item.get("image")
            place = image.get("path") if isinstance(image, dict) else None
            yield label if isinstance(label, Refusal) else {"path": place or item.get("id"), "label": label}

    return Records(rows(), ["Read as a Datumaro file: items and labels are joined."], ("path", "label"))


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []


def _key(value: Any) -> Any:
    """An id that may be compared: 3 and "3" are one."""
    return str(value)


def _name(value: Any) -> Any:
    """A category's name; one that is a list or an object as it is written."""
    return value if is_scalar(value) else str(value)
