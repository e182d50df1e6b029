# podgate: `make help` lists the targets.
#
#   CONFIG=release | asan | tsan | fuzz | coverage    objects and tests go to $(BUILD)/$(CONFIG)
#   BUILD=DIR                              another build folder, e.g. one per compiler or per person
#   FLOORS="base text"                     only these floors and their unit tests (with another BUILD)
#   TESTS=PATTERN                          only test programs whose path has this text, e.g. TESTS=base/test_glob
#   WERROR=1                               warnings are errors (CI)

VERSION := 0.1.0
CONFIG  ?= release
BUILD   ?= build
TESTS   ?=
WERROR  ?=
ALL_FLOORS := base text kube rules policy desk edge cli
FLOORS  ?= $(ALL_FLOORS)
CLANG_FORMAT ?= clang-format
IMAGE   ?= podgate/podgate:$(VERSION)

ifeq ($(filter $(CONFIG),release asan tsan fuzz coverage),)
$(error CONFIG is release, asan, tsan, fuzz or coverage, not "$(CONFIG)")
endif
ifeq ($(CONFIG)$(origin CC),fuzzdefault)
CC := clang
endif
# Below the top, the jobs are the parent's.
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

OUT := $(BUILD)/$(CONFIG)

# --- compiler ---------------------------------------------------------------------------------
# One shell for all probes: it runs at every start of make.
PROBED := $(shell for flag in -fcf-protection -mbranch-protection=standard -fstack-clash-protection \
	-Wduplicated-cond -Wlogical-op -Wnull-dereference; do \
	$(CC) -Werror $$flag -x c -c -o /dev/null /dev/null 2>/dev/null && echo $$flag; done; \
	printf '\043include <stdio.h>\n' | $(CC) -Werror -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 \
	-x c -c -o /dev/null - 2>/dev/null && echo -D_FORTIFY_SOURCE=3 || echo -D_FORTIFY_SOURCE=2)
has = $(filter $(1),$(PROBED))

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wvla -Wformat=2 -Wundef -Wimplicit-fallthrough \
	-Wswitch-enum $(call has,-Wduplicated-cond -Wlogical-op)
HARDENING := -fstack-protector-strong -fPIE \
	$(call has,-fstack-clash-protection -fcf-protection -mbranch-protection=standard)
LDHARDENING := -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack

ifeq ($(CONFIG),release)
OPTIMISE := -O2 -g -U_FORTIFY_SOURCE $(call has,-D_FORTIFY_SOURCE=%)
WARNINGS += $(call has,-Wnull-dereference)
SANITIZE :=
else ifeq ($(CONFIG),asan)
OPTIMISE := -O1 -g -fno-omit-frame-pointer -U_FORTIFY_SOURCE -DARENA_EACH_ALLOCATION=1
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
else ifeq ($(CONFIG),tsan)
OPTIMISE := -O1 -g -fno-omit-frame-pointer -U_FORTIFY_SOURCE
SANITIZE := -fsanitize=thread
else ifeq ($(CONFIG),coverage)
OPTIMISE := -O0 -g -U_FORTIFY_SOURCE
SANITIZE := --coverage -fprofile-update=atomic
else
OPTIMISE := -O1 -g -fno-omit-frame-pointer -U_FORTIFY_SOURCE -DARENA_EACH_ALLOCATION=1
SANITIZE := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
endif

CPPFLAGS += -D_GNU_SOURCE -Iinclude -Isrc
ALL_CFLAGS := -std=c11 -pthread $(OPTIMISE) $(SANITIZE) $(HARDENING) $(WARNINGS) $(if $(WERROR),-Werror) \
	-ffile-prefix-map=$(CURDIR)=. $(CFLAGS)
# Assertion macros convert freely, and a test may hold a long text.
TEST_CFLAGS = $(ALL_CFLAGS) -Wno-conversion -Wno-cast-qual -Wno-null-dereference -Wno-overlength-strings -Itests
ALL_LDFLAGS := -pthread $(SANITIZE) $(LDHARDENING) $(LDFLAGS)
LIBS := -lmicrohttpd -lgnutls -lyaml -lseccomp -lpthread
# podgate has only cJSON's node type; its parser is what tests compare with.
ORACLE := -lcjson

# --- what there is ----------------------------------------------------------------------------
ROOMS   := $(foreach f,$(FLOORS),$(wildcard src/$f/*.c src/$f/*/*.c))
OBJECTS := $(ROOMS:src/%.c=$(OUT)/src/%.o)
MAIN    := $(patsubst src/%.c,$(OUT)/src/%.o,$(wildcard src/main.c))
ARCHIVE := $(OUT)/libpodgate.a
PODGATE := $(if $(filter release,$(CONFIG)),$(BUILD),$(OUT))/podgate

UNIT_SOURCES        := $(foreach f,$(FLOORS),$(wildcard tests/unit/$f/test_*.c))
GOLDEN_SOURCES      := $(wildcard tests/golden/test_*.c)
INTEGRATION_SOURCES := $(wildcard tests/integration/test_*.c)
tests_of = $(strip $(if $(TESTS),$(foreach t,$(1:%.c=$(OUT)/%),$(if $(findstring $(TESTS),$t),$t)),$(1:%.c=$(OUT)/%)))
UNIT_TESTS        := $(call tests_of,$(UNIT_SOURCES))
GOLDEN_TESTS      := $(call tests_of,$(GOLDEN_SOURCES))
INTEGRATION_TESTS := $(call tests_of,$(INTEGRATION_SOURCES))

# A .c file beside the tests that is no test itself serves all tests of its folder.
SUPPORT_unit        := $(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c))
SUPPORT_golden      := $(filter-out tests/golden/test_%,$(wildcard tests/golden/*.c))
SUPPORT_integration := $(filter-out tests/integration/test_%,$(wildcard tests/integration/*.c))
objects_of = $(patsubst %.c,$(OUT)/%.o,$(1))

BENCH_SOURCES := $(wildcard tests/bench/*.c)
BENCHES       := $(BENCH_SOURCES:tests/bench/%.c=$(BUILD)/bench/%)
FUZZ_PARTS    := $(patsubst %.c,$(OUT)/%.o,$(filter-out %/libfuzzer.c %/test_corpora.c,$(wildcard tests/fuzz/*.c tests/fuzz/targets/*.c)))
FUZZ_TESTS    := $(call tests_of,tests/fuzz/test_corpora.c)
FUZZER        := $(OUT)/podgate-fuzz
FAULT_SOURCES := tests/faults/test_allocations.c tests/faults/test_desk_allocations.c
FAULT_PRELOAD := $(OUT)/tests/faults/preload_faults.so
FAULT_TESTS   := $(call tests_of,$(FAULT_SOURCES))

C_FILES := $(shell find include src tests -name '*.[ch]' 2>/dev/null | sort)

# --- targets ----------------------------------------------------------------------------------
.PHONY: all demo test test-asan test-run unit golden integration tests house bench bench-worst fuzz fuzzer faults fault-calls conformance desk-test chart-test e2e e2e-programs \
	format format-check certs \
	image sbom image-test install-deps clean help FORCE

all: $(PODGATE) ## build build/podgate (the default)

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: ## build, start the webhook with TLS, judge real reviews with it, show what it says
	@tools/setup.sh
	@$(MAKE) --no-print-directory all
	@PODGATE=$(PODGATE) BUILD=$(BUILD) tools/demo.sh

test: ## all tests: unit, golden, integration (CONFIG=asan: under AddressSanitizer and UBSan)
	@tools/setup.sh
	@$(MAKE) --no-print-directory test-run

test-asan: ## the same as make test CONFIG=asan
	@$(MAKE) --no-print-directory test CONFIG=asan

RUN := FAULT_PRELOAD=$(abspath $(FAULT_PRELOAD)) CONFIG=$(CONFIG) PODGATE=$(abspath $(PODGATE)) tests/run.sh --prefix $(OUT)/tests/

ALL_TESTS := $(UNIT_TESTS) $(GOLDEN_TESTS) $(FUZZ_TESTS) $(FAULT_TESTS) $(INTEGRATION_TESTS)

tests: $(ALL_TESTS) # builds the test programs, runs none

test-run: $(PODGATE) $(ALL_TESTS)
	@$(RUN) $(ALL_TESTS)

unit: $(UNIT_TESTS) ## unit tests only
	@$(RUN) $(UNIT_TESTS)

golden: $(GOLDEN_TESTS) ## golden tests only: checks, policies, reviews
	@$(RUN) $(GOLDEN_TESTS)

integration: $(PODGATE) $(INTEGRATION_TESTS) ## integration tests only: the real binary over TLS
	@$(RUN) $(INTEGRATION_TESTS)

house: $(PODGATE) ## prove the order of the rooms, forbidden calls, headers, registry, hardening
	@CC="$(CC)" PODGATE=$(PODGATE) tests/house/run.sh

page-test: $(PODGATE) ## the report's page in a headless Chromium (needs node and Chromium; SHOTS=FOLDER keeps screenshots)
	@PODGATE=$(abspath $(PODGATE)) tests/page/run.sh $(SHOTS)

.PHONY: page-test bench-compare bench-budget bench-linear bench-peers bench-test
BENCH := PODGATE=$(abspath $(PODGATE)) BENCH=$(abspath $(BUILD)/bench) CC="$(CC)"
bench: $(PODGATE) $(BENCHES) ## podgate beside a bare TLS server, one page of results (QUICK=1: a minute; WRITE_DOCS=1: into docs/performance.md)
	@$(BENCH) QUICK=$(QUICK) WRITE_DOCS=$(WRITE_DOCS) tests/bench/run.sh

bench-compare: ## what changed beyond noise between two runs (OLD=FILE, NEW=FILE: the last run)
	@tests/bench/compare.sh "$(OLD)" "$(or $(NEW),$(BUILD)/bench/results.tsv)"

bench-budget: $(BUILD)/bench/path_cost ## instructions of each path against tests/bench/budgets.txt (UPDATE_BUDGET=1 writes it)
	@$(BENCH) UPDATE_BUDGET=$(UPDATE_BUDGET) tests/bench/budget.sh

bench-test: $(BUILD)/bench/path_cost ## do the tools of the benchmarks tell what they should?
	@$(BENCH) tests/bench/selftest.sh

bench-worst: $(PODGATE) $(BENCHES) ## the dearest reviews: their time, what others wait for beside them, memory under a flood of them
	@$(BENCH) tests/bench/worst.sh

bench-linear: $(BUILD)/bench/path_cost $(BUILD)/bench/worst_review ## is a review of twice the size at most about twice as dear? (valgrind)
	@$(BENCH) tests/bench/linear.sh

TIME    ?= 60
TARGETS ?=
fuzz: ## fuzz every parser for TIME=60 seconds each, or only TARGETS="review policy" (needs clang)
	@$(MAKE) --no-print-directory CONFIG=fuzz fuzzer
	@FUZZER=$(BUILD)/fuzz/podgate-fuzz BUILD=$(BUILD) TIME=$(TIME) RUNS=$(RUNS) WRITE_DOCS=$(WRITE_DOCS) tests/fuzz/run.sh $(TARGETS)

fuzzer: $(FUZZER)

.PHONY: coverage coverage-run
coverage: ## which lines and branches the tests reach, room by room; fails under the bar (gcov; MISSED=1 names what is missed)
	@$(MAKE) --no-print-directory CONFIG=coverage coverage-run

# A sealed process cannot write down what it counted: the sandbox is off, its own tests run elsewhere.
coverage-run: $(PODGATE) $(ALL_TESTS)
	@find $(OUT)/src -name '*.gcda' -delete
	@PODGATE_SANDBOX=off $(RUN) $(filter-out %/test_sandbox,$(ALL_TESTS))
	@tests/analysis/coverage.py $(if $(MISSED),--missed) $(OUT)

# With WRITE_DOCS=1 what a whole run tried and lost goes into docs/reliability.md, when it has passed.
FAULT_ROWS = $(abspath $(BUILD))/rows-$@
into_page  = $(if $(WRITE_DOCS),$(if $(ONLY)$(TESTS),$(error tables are written whole: without ONLY and TESTS)) \
	rm -rf $(FAULT_ROWS) && mkdir -p $(FAULT_ROWS) && export FAULT_ROWS=$(FAULT_ROWS) &&)
write_page = $(if $(WRITE_DOCS),&& tests/faults/write_tables.sh $(FAULT_ROWS) $(PODGATE))

.PHONY: valgrind race
VALGRIND := valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect,possible
valgrind: $(PODGATE) $(GOLDEN_TESTS) ## golden tests under memcheck, podgate's own runs too (QUICK=1: without these)
	@TEST_TIMEOUT=3600 TEST_UNDER="$(VALGRIND)$(if $(QUICK),, --trace-children=yes)" $(RUN) $(if $(QUICK),$(filter-out %/test_cli,$(GOLDEN_TESTS)),$(GOLDEN_TESTS))

# A replica that saw a race ends with status 66, and million wants 0. The sandbox is on, so a report has no names:
# addr2line -fe build/tsan/podgate 0xOFFSET.
race: ## load, reloads and rotations under ThreadSanitizer (needs Go 1.26; COUNT=20000)
	@$(MAKE) --no-print-directory CONFIG=tsan million $(if $(filter file,$(origin COUNT)),COUNT=20000)

# A file is analysed again when it or a header has changed. What scan-build runs is clang --analyze.
.PHONY: analyze
CLANG_TIDY ?= clang-tidy
DEPTH      ?= deep
ANALYSES   := $(foreach tool,fanalyzer tidy clang-$(DEPTH),$(patsubst src/%.c,$(BUILD)/analyze/$(tool)/%.ok,$(shell find src -name '*.c')))
analyze: $(ANALYSES) ## gcc -fanalyzer, clang-tidy and clang's static analyzer find nothing (clang, clang-tidy; DEPTH=shallow: a tenth of the time)
	@echo "$(words $(ANALYSES)) passed, 0 failed"

$(ANALYSES): $(shell find include src -name '*.h' -o -name '*.def') .clang-tidy $(BUILD)/analyze/flags
ANALYSED   = -std=c11 $(CPPFLAGS) -DPODGATE_VERSION='""' -DPODGATE_COMMIT='""'
analyse    = @mkdir -p $(@D); echo "  $(1) $<"; $(2) >$(@:.ok=.said) 2>&1 && ! grep -q 'warning:' $(@:.ok=.said) || { cat $(@:.ok=.said); exit 1; }; touch $@
$(BUILD)/analyze/flags: FORCE
	$(call stamp,$(CPPFLAGS))
$(BUILD)/analyze/fanalyzer/%.ok: src/%.c
	$(call analyse,GCC  ,gcc $(ANALYSED) -O2 -fanalyzer -c -o /dev/null $<)
$(BUILD)/analyze/tidy/%.ok: src/%.c
	$(call analyse,TIDY ,$(CLANG_TIDY) --quiet $< -- $(ANALYSED))
$(BUILD)/analyze/clang-$(DEPTH)/%.ok: src/%.c
	$(call analyse,CLANG,clang --analyze --analyzer-output text -Xclang -analyzer-config -Xclang mode=$(DEPTH) $(ANALYSED) -o /dev/null $<)

faults: $(FAULT_TESTS) ## memory runs out at every allocation of every golden case (make test: once at each place that allocates)
	@$(into_page) FAULTS=all TEST_TIMEOUT=3600 $(RUN) $(FAULT_TESTS) $(write_page)

# A sanitizer has its own malloc: only the release is told that calls fail.
fault-calls: $(PODGATE) $(OUT)/tests/faults/test_calls ## calls of a running podgate fail, one by one: malloc, open, read, epoll, ... (release only; FAULTS=all: every call; else one a place)
	@$(into_page) FAULTS=$(FAULTS) TEST_TIMEOUT=3600 $(RUN) $(OUT)/tests/faults/test_calls $(write_page)

# Go is needed for those below and for nothing else.
CONFORMANCE ?= -n 200000 -pairs 200000 -time 60s
conformance: $(OUT)/tests/conformance/driver ## pod-security beside upstream's own code (needs Go 1.26; CONFORMANCE="-n 1000000 -pairs 1000000 -seed 7")
	@cd tests/conformance && go run . -driver $(abspath $<) $(CONFORMANCE)

.PHONY: differential
DIFFERENTIAL ?= -json 200000 -yaml 200000
differential: $(OUT)/tests/conformance/reading/driver ## JSON and YAML, mutated, beside what encoding/json and kubectl read (needs Go 1.26; DIFFERENTIAL="-json 5000000 -seed 7")
	@cd tests/conformance && go run ./reading -driver $(abspath $<) $(DIFFERENTIAL)

desk-test: $(PODGATE) ## check with schemas, files, terminals, helm, docs/ci.md, and Lists of 100 MB (needs python3-jsonschema, pre-commit, Go 1.26; DUMP_MIB=1024)
	@PODGATE=$(abspath $(PODGATE)) tests/desk/run.sh

chart-test: $(PODGATE) ## the Helm chart: lint, schema, unit tests, every Kubernetes version (needs Go 1.26)
	@PODGATE=$(abspath $(PODGATE)) tests/chart/run.sh

bench-peers: $(PODGATE) $(BENCHES) ## podgate beside the stand-alone Pod Security webhook, before a real API server (WRITE_DOCS=1)
	@$(BENCH) QUICK=$(QUICK) WRITE_DOCS=$(WRITE_DOCS) tests/bench/peers.sh

.PHONY: observe-test
observe-test: $(PODGATE) ## metrics and logs, read by promtool, Prometheus and a JSON Schema validator (Debian: prometheus, jq, python3-jsonschema)
	@PODGATE=$(abspath $(PODGATE)) tests/observe/run.sh

.PHONY: attack million soak
ATTACK = $(into_page) go -C tests/attack build -o $(abspath $(BUILD))/attack . && \
	$(BUILD)/attack -podgate $(PODGATE) $(if $(WRITE_DOCS),-rows $(FAULT_ROWS)) $(if $(SANITIZE),-sanitized)
attack: $(PODGATE) ## attacks from the network, faults of the life cycle, a well-behaved client beside them (needs Go 1.26; WRITE_DOCS=1)
	@$(ATTACK) -only "$(ONLY)" attacks lifecycle $(write_page)

COUNT ?= 1000000
million: $(PODGATE) ## a million requests across reloads, rotations and restarts, none lost or wrong (needs Go 1.26; COUNT=50000)
	@$(ATTACK) -count $(COUNT) million $(write_page)

SOAK ?= 3600
soak: $(PODGATE) ## an hour under load: memory and descriptors stay flat (needs Go 1.26; SOAK=seconds)
	@$(ATTACK) -soak $(SOAK)s soak $(write_page)

e2e: $(PODGATE) ## a real API server, kubectl and helm (needs Go 1.26; the first run builds them)
	@PODGATE=$(abspath $(PODGATE)) tests/e2e/run.sh

e2e-programs: ## build what e2e runs, from Go modules, into the user's cache folder (needs Go 1.26; some 10 minutes)
	@tests/tools/kubernetes/build.sh && tests/tools/build.sh helm helm4

format: ## format the C sources
	@$(CLANG_FORMAT) -i $(C_FILES)

format-check: ## say which C sources are not formatted
	@$(CLANG_FORMAT) --version >/dev/null; bad=0; for file in $(C_FILES); do \
	$(CLANG_FORMAT) "$$file" | cmp -s - "$$file" || { echo "$$file: not formatted: make format"; bad=1; }; done; exit $$bad

certs: ## development certificates in build/certs
	@certs/make-dev-certs.sh $(BUILD)/certs

image: ## container image, by docker, podman or buildah (PLATFORM=linux/arm64; IMAGE=NAME:TAG)
	@VERSION=$(VERSION) COMMIT=$(COMMIT) tools/image/image.sh build $(IMAGE)

sbom: image ## SPDX list of what is in the image: build/podgate-VERSION.spdx.json (needs Go 1.26)
	@rm -rf $(BUILD)/image-root
	@tools/image/image.sh root $(IMAGE) $(BUILD)/image-root
	@VERSION=$(VERSION) tools/image/sbom.sh $(BUILD)/image-root $(BUILD)/podgate-$(VERSION).spdx.json

image-test: ## the image, built twice and run, without a registry (root; installs podman, buildah; needs Go 1.26)
	@VERSION=$(VERSION) COMMIT=$(COMMIT) tests/image/run.sh

install-deps: ## install what the build, the tests and the demo need (apt), or print the packages
	@tools/setup.sh

clean: ## remove what was built
	rm -rf $(BUILD)

# --- stamps: rewritten only when what they hold changes -----------------------------------------
COMMIT ?= $(or $(shell git rev-parse --short=12 HEAD 2>/dev/null),unknown)
stamp = @mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(1))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(1))' > $@

$(BUILD)/.deps: tools/setup.sh
	@CC="$(CC)" tools/setup.sh --check
	@mkdir -p $(@D) && touch $@

$(OUT)/flags: FORCE
	$(call stamp,$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS))

$(OUT)/objects: FORCE
	$(call stamp,$(OBJECTS))

$(OUT)/version: FORCE
	$(call stamp,$(VERSION) $(COMMIT))

# --- how things are made ------------------------------------------------------------------------
$(OUT)/src/%.o: src/%.c $(OUT)/flags | $(BUILD)/.deps
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CPPFLAGS) $(DEFINES) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/src/cli/version.o: $(OUT)/version
$(OUT)/src/cli/version.o: DEFINES := -DPODGATE_VERSION='"$(VERSION)"' -DPODGATE_COMMIT='"$(COMMIT)"'
# The assembler's .incbin is invisible to -MMD; the folder itself notices a policy that went away.
$(OUT)/src/policy/builtin.o: $(wildcard policies policies/*.yaml)
$(OUT)/src/desk/report/page.o: $(wildcard src/desk/report/page.html src/desk/report/page.css src/desk/report/page.js)

$(ARCHIVE): $(OBJECTS) $(OUT)/objects | $(BUILD)/.deps
	@echo "  AR    $@"
	@rm -f $@
	@$(AR) rcs $@ $(OBJECTS)

$(PODGATE): $(MAIN) $(ARCHIVE)
	@$(if $(MAIN),,echo "src/main.c is missing: nothing to link (make unit works)" >&2; exit 1)
	@echo "  LINK  $@"
	@$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(MAIN) $(ARCHIVE) $(LIBS)

$(OUT)/tests/%.o: tests/%.c $(OUT)/flags | $(BUILD)/.deps
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CPPFLAGS) $(TEST_CFLAGS) -MMD -MP -c -o $@ $<

link_test = @echo "  LINK  $@"; $(CC) $(TEST_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(ARCHIVE) -lcmocka $(ORACLE) $(LIBS)

$(UNIT_SOURCES:%.c=$(OUT)/%): %: %.o $(call objects_of,$(SUPPORT_unit)) $(ARCHIVE)
	$(link_test)
$(GOLDEN_SOURCES:%.c=$(OUT)/%): %: %.o $(call objects_of,$(SUPPORT_golden)) $(ARCHIVE)
	$(link_test)
$(INTEGRATION_SOURCES:%.c=$(OUT)/%): %: %.o $(call objects_of,$(SUPPORT_integration)) $(ARCHIVE)
	$(link_test)
$(FUZZ_TESTS): %: %.o $(FUZZ_PARTS) $(ARCHIVE)
	$(link_test)
FAULT_PARTS := $(call objects_of,$(filter-out tests/faults/test_% tests/faults/preload_%,$(wildcard tests/faults/*.c)))
$(OUT)/tests/faults/test_allocations $(OUT)/tests/faults/test_desk_allocations: %: %.o $(FAULT_PARTS) $(call objects_of,$(SUPPORT_golden)) $(ARCHIVE)
	$(link_test)
$(OUT)/tests/faults/test_calls: %: %.o $(FAULT_PARTS) $(call objects_of,$(SUPPORT_integration)) $(ARCHIVE) | $(FAULT_PRELOAD)
	$(link_test)
$(FAULT_PRELOAD): tests/faults/preload_faults.c tests/faults/preload.h $(OUT)/flags
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CPPFLAGS) $(TEST_CFLAGS) -Wno-pedantic -fPIC -shared -U_FORTIFY_SOURCE -fno-builtin -o $@ $< -ldl
$(FUZZER): $(OUT)/tests/fuzz/libfuzzer.o $(FUZZ_PARTS) $(ARCHIVE)
	@echo "  LINK  $@"
	@$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)

# A case of upstream's is judged alike by the driver and by the test that replays what was found.
JUDGING := $(OUT)/tests/conformance/judging/judging.o
$(OUT)/tests/golden/test_conformance_found: $(JUDGING)
$(OUT)/tests/conformance/driver: %: %.o $(JUDGING) $(ARCHIVE)
	@echo "  LINK  $@"
	@$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(JUDGING) $(ARCHIVE) $(LIBS)

$(OUT)/tests/conformance/reading/driver: %: %.o $(ARCHIVE)
	@echo "  LINK  $@"
	@$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(ARCHIVE) $(LIBS)

$(BENCHES): $(BUILD)/bench/%: $(OUT)/tests/bench/%.o $(ARCHIVE)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(ARCHIVE) $(LIBS)

.SECONDARY:

ifeq ($(filter clean help format format-check install-deps,$(MAKECMDGOALS)),)
-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
endif
