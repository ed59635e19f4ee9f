"""Nothing that is read is carried out: a walk over the syntax trees of all that is shipped or run beside it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("advisor", "probes", "benchmarks")
FILES = [*sorted(path for part in PARTS for path in (ROOT / part).rglob("*.py")), ROOT / "app.py", ROOT / "setup.py"]
#: Modules whose reading runs what is read.
MODULES = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "xmlrpc"}
#: Functions that run what they are given, by the names that they are called by.
NAMES = {"eval", "exec", "compile", "__import__"}
#: Methods that do, or that unpack without a look at the names inside.
METHODS = {
    "os.system", "os.popen", "yaml.load", "yaml.unsafe_load", "yaml.full_load", "yaml.load_all", "pd.read_pickle",
    "pandas.read_pickle", "torch.hub.load", "shutil.unpack_archive", "hub.load", "jsonpickle.decode",
}  # fmt: skip
ENDINGS = ("to_pickle", "read_pickle", "extractall")
#: Calls that are safe with one argument only, which must stand there as a constant.
NEEDED = {
    "torch.load": ("weights_only", True),
    "np.load": ("allow_pickle", False),
    "numpy.load": ("allow_pickle", False),
    "np.save": ("allow_pickle", False),
}
NEEDED_ENDINGS = {
    "from_pretrained": ("trust_remote_code", False),
    "from_config": ("trust_remote_code", False),
    "Environment": ("autoescape", True),
}


def dotted(node: ast.expr) -> str:
    """The name of what is called, as it is written."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def constant(call: ast.Call, name: str) -> object:
    """The constant given for an argument; "" where there is none."""
    value = next((keyword.value for keyword in call.keywords if keyword.arg == name), None)
    return value.value if isinstance(value, ast.Constant) else ""


def wrong_with(call: ast.Call) -> str:
    """What makes a call unsafe; "" for a safe one."""
    name = dotted(call.func)
    last = name.rpartition(".")[2]
    if name in NAMES | METHODS or ("." in name and last in ENDINGS):
        return f"{name} runs or unpacks what it is given"
    if constant(call, "shell") is True or constant(call, "trust_remote_code") is True:
        return f"{name} runs a shell or foreign code"
    if constant(call, "weights_only") is False or constant(call, "allow_pickle") is True:
        return f"{name} reads pickles"
    argument, value = NEEDED.get(name) or NEEDED_ENDINGS.get(last) or ("", "")
    if argument and constant(call, argument) is not value:
        return f"{name} lacks {argument}={value}"
    return ""


#: They pickle between a server and its own processes, and between the processes of a run; nothing pickled is kept.
PIPES = {
    "advisor/ui/worker.py": {"pickle"},
    "advisor/ui/workers.py": {"pickle"},
    "advisor/training/parcels.py": {"pickle", "cloudpickle"},
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_runs_what_it_reads(path: Path) -> None:
    wrong = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            unsafe = MODULES - PIPES.get(path.relative_to(ROOT).as_posix(), set())
            wrong += [f"line {node.lineno}: imports {n}" for n in names if n.split(".")[0] in unsafe]
        elif isinstance(node, ast.Call) and (what := wrong_with(node)):
            wrong.append(f"line {node.lineno}: {what}")
    assert wrong == []


@pytest.mark.parametrize(
    "source",
    ["torch.load(p)", "torch.load(p, weights_only=False)", "np.load(p)", "yaml.load(t)", "eval(t)", "m.extractall(p)",
     "subprocess.run(t, shell=True)", "AutoModel.from_pretrained(p)", "AutoModel.from_config(c, trust_remote_code=x)",
     "jinja2.Environment()", "frame.to_pickle(p)", "os.system(t)"],
)  # fmt: skip
def test_the_walk_sees_what_is_unsafe(source: str) -> None:
    (call,) = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    assert wrong_with(call)
