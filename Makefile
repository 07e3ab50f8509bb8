# Two commands, each complete on a fresh Debian 12 or Raspberry Pi OS:
#   make demo   installs what it needs, speaks to a running keepmum and shows what happened
#   make test   installs what it needs, checks format, types and import contracts, runs all tests
# And for those who go on:
#   make bench NAME=endtoend     one benchmark; without NAME, the list
#   sudo make install            the service on this Pi; sudo make uninstall [PURGE=1]
#   make deb SUITE=bookworm ARCH=arm64   a Debian package for another machine, in build/packages

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export ORT_DISABLE_TELEMETRY := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# `make test BESIDE="-n 2 --dist loadgroup"` runs two files of tests beside each other
BESIDE ?=

RUN_PACKAGES := python3-venv python3-dev gcc portaudio19-dev libseccomp2 espeak-ng \
	pulseaudio pulseaudio-utils libasound2-plugins
TEST_PACKAGES := python3-spidev flite strace systemd dbus mosquitto mpd alsa-utils git chromium

.PHONY: demo test bench check format docs pictures clean system-run system-test
.DEFAULT_GOAL := help

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | head -8

demo: $(VENV)/demo-ready
	@$(BIN)/keepmum demo

test: $(VENV)/test-ready
	@$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest $(BESIDE) $(PYTEST)

check: $(VENV)/test-ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config setup.cfg

bench: $(VENV)/test-ready
	@$(BIN)/python -m tests.benchmarks.harness $(NAME)

format: $(VENV)/test-ready
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

docs: $(VENV)/test-ready
	$(BIN)/python -m tests.docs

pictures: $(VENV)/test-ready
	@$(BIN)/python -m tests.pictures

clean:
	rm -rf $(VENV) build *.egg-info

# --- installing, once; a stamp file says that it is done

define install_system
	@missing="$$(for p in $(1); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q '^install ok installed' || printf '%s ' $$p; done)"; \
	if [ -n "$$missing" ]; then \
		echo "== Debian packages: $$missing"; \
		as_root=""; [ "$$(id -u)" = 0 ] || as_root=sudo; \
		$$as_root apt-get update -q && \
		DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -q --no-install-recommends $$missing; \
	fi
endef

system-run:
	$(call install_system,$(RUN_PACKAGES))

system-test:
	$(call install_system,$(RUN_PACKAGES) $(TEST_PACKAGES))

$(VENV)/python-ready: | system-run
	@echo "== Python environment in $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/demo-ready: setup.cfg pyproject.toml models/manifest.toml | system-run $(VENV)/python-ready
	@echo "== Python packages (a few minutes the first time)"
	@$(BIN)/pip install --progress-bar on -q -e '.[piper]'
	@echo "== Models"
	@$(BIN)/keepmum models fetch
	@touch $@

$(VENV)/test-ready: $(VENV)/demo-ready | system-test
	@echo "== Python packages for tests"
	@$(BIN)/pip install -q -e '.[test]'
	@touch $@

# --- the service, as root: users, environment, models, settings and units; `PURGE=1` takes state too

.PHONY: install uninstall

install:
	@/usr/bin/python3 -B -m device.cli.install install

uninstall:
	@/usr/bin/python3 -B -m device.cli.install uninstall $(if $(PURGE),--purge)

# --- a Debian package, for a suite (bookworm, trixie) and an architecture (arm64, amd64), made on any;
# `make lock` chooses the versions of its libraries anew

.PHONY: deb lock
SUITE ?= bookworm
ARCH ?= arm64
DEB_PACKAGES := dpkg binutils git

deb: $(VENV)/demo-ready
	$(call install_system,$(DEB_PACKAGES))
	@$(BIN)/python -m device.packaging deb --suite $(SUITE) --arch $(ARCH)

lock: $(VENV)/demo-ready
	@$(BIN)/pip install -q -e '.[lock]'
	@$(BIN)/python -m device.packaging lock
