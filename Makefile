# Kubernetes scheduler lab. `make help` lists what there is.
.DEFAULT_GOAL := all

B ?= build
BIN ?= bin
CC ?= cc
V ?= 0
ifeq ($(V),0)
Q := @
say = @printf '  %-6s %s\n' $(1) $(2)
endif

VERSION := 1.0.0
PREFIX ?= /usr/local
IMAGE ?= my-scheduler:dev
PACKAGES := libcurl jansson yaml-0.1 libmicrohttpd
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wwrite-strings $(if $(CI),-Werror)
OPT ?= -O2 -g
CPPFLAGS += -I. -D_POSIX_C_SOURCE=200809L -D_DARWIN_C_SOURCE -DLAB_VERSION='"$(VERSION)"'
CFLAGS += -std=c11 $(OPT) $(WARN) $(SANITIZE)
LDFLAGS += $(SANITIZE)

# Asked for when a recipe first needs them, and once: nothing here runs, or fails, where pkg-config is not installed yet.
flags = $(if $(shell pkg-config --exists $(2) 2>/dev/null && echo yes),$(shell pkg-config $(1) $(2)),$(error $(2): not found; `make deps` installs what is missing))
PKG_CFLAGS = $(eval PKG_CFLAGS := $(call flags,--cflags,$(PACKAGES)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $(call flags,--libs,$(PACKAGES)))$(PKG_LIBS)
CHECK_CFLAGS = $(eval CHECK_CFLAGS := $(call flags,--cflags,check))$(CHECK_CFLAGS)
CHECK_LIBS = $(eval CHECK_LIBS := $(call flags,--libs,check))$(CHECK_LIBS)

common_src := $(wildcard common/*.c common/*/*.c)
simulator_src := $(filter-out simulator/main.c,$(wildcard simulator/*.c))
compare_src := $(filter-out compare/main.c,$(wildcard compare/*.c))
explain_src := $(filter-out explain/main.c,$(wildcard explain/*.c))
doctor_src := $(filter-out doctor/main.c,$(wildcard doctor/*.c))
programs := $(foreach p,polling watch simulator compare explain doctor grade,$(if $(wildcard $(p)/main.c),$(BIN)/$(p)))
grade_src := $(filter-out grade/main.c,$(wildcard grade/*.c))
bench_bin := $(patsubst bench/%.c,$(BIN)/bench/%,$(wildcard bench/*.c))
obj = $(patsubst %.c,$(B)/%.o,$(1))

# Tests: unit and faults run in one process on the libraries, blackbox starts the programs. A folder's support/ is linked to each of its tests.
unit_bin := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
faults_bin := $(patsubst tests/faults/%.c,$(B)/tests/faults/%,$(wildcard tests/faults/*.c))
blackbox_bin := $(patsubst tests/blackbox/%.c,$(B)/tests/blackbox/%,$(wildcard tests/blackbox/*.c))
differential_bin := $(patsubst tests/differential/%.c,$(B)/tests/differential/%,$(wildcard tests/differential/*.c))
# SEEDS=n: how many runs a faults test makes; without it, as many as it thinks right
faults_run = $(foreach f,$(faults_bin),'$(f)$(if $(SEEDS), --seeds $(SEEDS))')
# The guide builds its own copy of the schedulers, and not with the sanitizers.
scripts := $(if $(SANITIZE),,tests/guide.sh) $(wildcard tests/arrows.sh tests/golden.sh tests/deploy.sh)
RUN := B=$(B) LAB_BIN=$(abspath $(BIN)) T="$(T)" sh tests/run.sh

## all: builds the programs into bin/
all: $(programs)
	@:

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(if $(filter tests/%,$<),$(CHECK_CFLAGS)) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/libcommon.a: $(call obj,$(common_src))
$(B)/libsimulator.a: $(call obj,$(simulator_src))
$(B)/libcompare.a: $(call obj,$(compare_src)) $(B)/compare/live_page.o
$(B)/libexplain.a: $(call obj,$(explain_src))
$(B)/libdoctor.a: $(call obj,$(doctor_src))
$(B)/libgrade.a: $(call obj,$(grade_src))
$(B)/lib%.a:
	@mkdir -p $(@D)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

# The files of the page as C: an array each, since a string literal may have 4095 characters at most.
page_files := compare/live.html compare/live.css compare/live.js
$(B)/compare/live_page.c: $(page_files) Makefile
	@mkdir -p $(@D)
	$(call say,PAGE,$@)
	$(Q){ printf '#include "compare/live_page.h"\n'; \
	    for file in $(page_files); do \
	        name=$$(basename $$file | tr . _); \
	        printf 'const char %s[] = {' $$name; \
	        od -A n -v -t x1 $$file | sed "s/\([0-9a-f][0-9a-f]\)/'\\\\x\1',/g"; \
	        printf "'\\\\0'};\nconst size_t %s_bytes = sizeof %s - 1;\n" $$name $$name; \
	    done; } >$@.new && mv $@.new $@
$(B)/compare/live_page.o: $(B)/compare/live_page.c
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

define link
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(1) $(PKG_LIBS) -lm
endef

$(BIN)/polling $(BIN)/watch: $(BIN)/%: $(B)/%/main.o $(B)/libcommon.a
$(BIN)/simulator: $(B)/simulator/main.o $(B)/libsimulator.a $(B)/libcommon.a
$(BIN)/compare: $(B)/compare/main.o $(B)/libcompare.a $(B)/libcommon.a
$(BIN)/explain: $(B)/explain/main.o $(B)/libexplain.a $(B)/libcommon.a
$(BIN)/doctor: $(B)/doctor/main.o $(B)/libdoctor.a $(B)/libcommon.a
$(BIN)/grade: $(B)/grade/main.o $(B)/libgrade.a $(B)/libcompare.a $(B)/libcommon.a
$(programs):
	$(call link)
$(BIN)/bench/%: $(B)/bench/%.o $(call obj,$(wildcard bench/support/*.c)) $(B)/libcompare.a $(B)/libcommon.a
	$(call link)

support = $(call obj,$(wildcard tests/support/*.c tests/$(1)/support/*.c))
$(B)/tests/blackbox/%: $(B)/tests/blackbox/%.o $(call support,blackbox) $(B)/libcompare.a $(B)/libcommon.a
	$(call link,$(CHECK_LIBS))
$(B)/tests/differential/%: $(B)/tests/differential/%.o $(call support,differential) $(B)/libcompare.a $(B)/libcommon.a
	$(call link)
$(B)/tests/faults/%: $(B)/tests/faults/%.o $(call support,faults) $(B)/libsimulator.a $(B)/libcommon.a
	$(call link,$(CHECK_LIBS))
# Wrong schedulers for the grader: a folder for each name of defects.txt, with the program that has it and the right other one; and one that is right.
wrong_src := $(filter-out %/defect.c %/polling.c %/watch.c,$(wildcard tests/grade/wrong/*.c))
wrong_table := $(shell sed -n 's/^\([a-z0-9-]*\) *| *\([a-z]*\) .*/\1:\2/p' tests/grade/defects.txt 2>/dev/null)
wrong_names := $(foreach w,$(wrong_table),$(firstword $(subst :, ,$(w))))
defect_of = $(if $(filter $(1):$(2) $(1):both,$(wrong_table)),$(1),right)
wrong_bin := $(foreach n,right $(wrong_names),$(B)/wrong/$(n)/polling $(B)/wrong/$(n)/watch)
$(B)/wrong/defects/%.o: tests/grade/wrong/defect.c tests/grade/wrong/defect.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -DDEFECT=$$(echo $* | tr a-z- A-Z_) $(CFLAGS) -c -o $@ $<
define wrong_program
$(B)/wrong/$(1)/$(2): $(B)/tests/grade/wrong/$(2).o $(call obj,$(wrong_src)) $(B)/wrong/defects/$(call defect_of,$(1),$(2)).o
	$$(call link)
endef
$(foreach n,right $(wrong_names),$(foreach p,polling watch,$(eval $(call wrong_program,$(n),$(p)))))

# What judges a page: the unit test's pages, and those that a browser gives back.
judge := $(call obj,$(wildcard tests/browser/support/*.c))
$(B)/tests/test_report_html: $(judge)
$(B)/tests/browser/check_report: $(B)/tests/browser/check_report.o $(judge) $(B)/libcompare.a $(B)/libcommon.a
	$(call link)
# test_alloc_*: every allocation passes through alloc_fault.c. GNU ld can wrap functions; where there is none these tests pass over.
comma := ,
alloc_functions := malloc calloc realloc strdup strndup free
ifeq ($(shell uname -s),Linux)
alloc_wraps := $(alloc_functions:%=-Wl$(comma)--wrap=%)
endif
alloc_fault := $(B)/tests/unit/support/alloc_fault.o
$(filter $(B)/tests/test_alloc_%,$(unit_bin)): $(B)/tests/%: $(B)/tests/unit/%.o $(call support,unit) $(B)/libsimulator.a $(B)/libgrade.a $(B)/libcompare.a $(B)/libexplain.a $(B)/libdoctor.a $(B)/libcommon.a
	$(call link,$(alloc_wraps) $(CHECK_LIBS))
# test_plan_cost counts the planner's steps: common/policy once more, with a call at every branch.
$(B)/steps/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,"$< (steps)")
	$(Q)$(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(CFLAGS) -fsanitize-coverage=trace-pc -MMD -MP -c -o $@ $<
$(B)/tests/test_plan_cost: $(B)/tests/unit/test_plan_cost.o $(call obj,bench/support/plan_events.c bench/support/pod_frame.c) \
    $(patsubst %.c,$(B)/steps/%.o,$(wildcard common/policy/*.c)) $(B)/libcommon.a
	$(call link,$(CHECK_LIBS))
# test_event_cost times what bench/plan_cost does.
$(B)/tests/test_event_cost: $(B)/tests/unit/test_event_cost.o $(call obj,bench/support/plan_events.c bench/support/pod_frame.c) $(B)/libcommon.a
	$(call link,$(CHECK_LIBS))
$(B)/tests/%: $(B)/tests/unit/%.o $(filter-out $(alloc_fault),$(call support,unit)) $(B)/libsimulator.a $(B)/libgrade.a $(B)/libcompare.a $(B)/libexplain.a $(B)/libdoctor.a $(B)/libcommon.a
	$(call link,$(CHECK_LIBS))

## deps: installs what a build and the tests need (Debian, Ubuntu), or says how
deps:
	@sh tests/deps.sh test

# What installs first and builds then starts make again: the second one finds what the first could not.
DEMO := --pods 24 --rate 6 --idle 4 --sweep 0.5,1
## demo: both schedulers side by side on the simulator, under a minute
demo: deps
	@$(MAKE) --no-print-directory all
	$(Q)$(BIN)/compare $(DEMO) --out $(B)/demo

## live: both side by side until q, for a projector (WEB=port: in a browser too, 0: any port)
live: deps
	@$(MAKE) --no-print-directory all
	$(Q)$(BIN)/compare --live $(if $(WEB),--web $(WEB))

## student: a folder to begin with: skeleton, grader, simulator (DIR=~/my-scheduler)
student: all
	@B=$(B) BIN=$(BIN) CC="$(CC)" sh lab-guide/skeleton/make-student.sh '$(DIR)'

## grade: judges schedulers: POLLING=program WATCH=program (C=all, or 2, 3, ...; SEED=n, KUBECONFIG=file: on that cluster)
grade: deps
	@$(MAKE) --no-print-directory all
	$(Q)$(BIN)/grade $(or $(C),all) $(if $(POLLING),--polling '$(POLLING)') $(if $(WATCH),--watch '$(WATCH)') $(if $(SEED),--seed $(SEED)) \
	    $(if $(filter command line,$(origin KUBECONFIG)),--kubeconfig '$(KUBECONFIG)')

## check: every test that needs no cluster (JOBS=n, T=name: only that one)
check: deps
	@$(MAKE) --no-print-directory all test-programs
	$(Q)$(RUN) $(filter %/compare,$(blackbox_bin)) $(scripts) $(faults_run) $(unit_bin) $(filter-out %/compare,$(blackbox_bin))

test-programs: $(unit_bin) $(faults_bin) $(blackbox_bin) $(differential_bin) $(wrong_bin)
	@:

wrong-programs: $(wrong_bin)
	@:

## unit: the unit tests (T=name: only that one)
unit: $(if $(T),$(filter %/$(T) %/test_$(T),$(unit_bin)),$(unit_bin))
	$(Q)$(RUN) $(unit_bin)

## faults: both schedulers in one process, on virtual time, with faults by seed (T=name, SEEDS=n)
faults: $(faults_bin)
	$(Q)$(RUN) $(faults_run)

## blackbox: the programs against the simulator, from outside (T=name)
blackbox: all $(blackbox_bin)
	$(Q)$(RUN) $(blackbox_bin)

## grade-class: a class of submissions whose grades are known, with every mistake and misdeed (N=200: so many, T=kind, JOBS=16)
grade-class: deps
	@$(MAKE) --no-print-directory all wrong-programs
	$(Q)B=$(B) LAB_BIN=$(abspath $(BIN)) T="$(T)" bash tests/grade.sh $(N)

## student-test: the students' folder, and each step of its solution: the grade rises when it is done, and only then
student-test: deps
	@$(MAKE) --no-print-directory all
	$(Q)B=$(B) LAB_BIN=$(abspath $(BIN)) sh tests/student.sh

# It takes a Python and its package index; where there is none the test says that it is skipped.
## grade-python: the lab's two schedulers in Python get what they deserve (KUBECONFIG=file: on that cluster)
grade-python: deps
	@$(MAKE) --no-print-directory all
	$(Q)B=$(B) LAB_BIN=$(abspath $(BIN)) bash tests/grade/python.sh $(if $(filter command line,$(origin KUBECONFIG)),'$(KUBECONFIG)')

## e2e: the black-box cases on a real kube-apiserver built from Go modules (KUBECONFIG=file: on that cluster)
e2e: deps
	@$(MAKE) --no-print-directory all test-programs
	$(Q)B=$(B) LAB_BIN=$(abspath $(BIN)) T="$(T)" bash tests/e2e.sh "$(if $(filter command line,$(origin KUBECONFIG)),$(KUBECONFIG))" $(blackbox_bin)

## differential: our filters and preemption beside the real kube-scheduler on random clusters (SEEDS=50, FIRST=1, T=name)
differential: deps
	@$(MAKE) --no-print-directory $(differential_bin)
	$(Q)set -e; for program in $(if $(T),$(filter %/$(T),$(differential_bin)),$(differential_bin)); do \
		bash tests/differential/run.sh $$program $(or $(SEEDS),50) $(or $(FIRST),1); done

# Where no browser can be installed the test says that it is skipped.
## browser-test: report.html of a short run in a headless Chromium: values, console, light, dark and print
browser-test: deps
	@sh tests/deps.sh browser || true
	@$(MAKE) --no-print-directory all $(B)/tests/browser/check_report
	$(Q)B=$(abspath $(B)) LAB_BIN=$(abspath $(BIN)) sh tests/browser.sh

## screenshot: the picture of the report in README.md, from a run of the demo
screenshot: deps
	@sh tests/deps.sh browser
	@$(MAKE) --no-print-directory all
	$(Q)LAB_BIN=$(abspath $(BIN)) sh tests/browser/screenshot.sh compare/report.png $(DEMO)

## kind-e2e: image and manifests on a kind cluster of four nodes (NODE_IMAGE=name); skipped without Docker
kind-e2e:
	$(Q)bash tests/kind.sh

## guide: types every command of lab-guide/ on the simulator, and looks (CLUSTER=kind: on four kind nodes; PAGE=07, UPDATE=1, V=1)
guide: deps
	@$(MAKE) --no-print-directory all
	$(Q)B=$(B) LAB_BIN=$(abspath $(BIN)) bash tests/guide.sh

# gcc guesses lengths worse under the sanitizers and warns of cuts that cannot be; without them the warning is on.
## asan: check with the address and undefined-behaviour sanitizers (T=name)
asan: deps
	@$(MAKE) --no-print-directory B=$(B)-asan BIN=$(B)-asan/bin OPT='-O1 -g -Wno-format-truncation' \
	    SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer' SEEDS=$(or $(SEEDS),200) LAB_EVENTS=$(or $(LAB_EVENTS),300000) check

VALGRIND := valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect
# valgrind is 20 to 50 times slower; so is the patience with it
# Here tests work more than they wait: one for each processor.
under_valgrind := CK_TIMEOUT_MULTIPLIER=30 TEST_TIMEOUT=1800 JOBS=$(or $(JOBS),$(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2))
# A sandbox shows what runs in it no valgrind, and limits that are fit for a program are not for valgrind: its tests are left to asan.
## memcheck: the unit tests and a few seeds of the faults under valgrind (T=name)
memcheck: SEEDS ?= 20
memcheck:
	@sh tests/deps.sh memcheck
	@$(MAKE) --no-print-directory test-programs
	$(Q)RUNNER='$(VALGRIND)' LAB_EVENTS=3000 LAB_SLOW=1 $(under_valgrind) $(RUN) $(faults_run) $(filter-out %/test_sandbox %/test_sandbox_limits,$(unit_bin))

# LAB_BIN names a folder of stand-ins that start each program under valgrind; an error in one shows as its exit code. What compare and its live view
# tell is a matter of milliseconds, which are none of a program that valgrind runs; grade's sandbox shows a program no valgrind; rights runs ten programs
# at a time: they are left to asan.
## memcheck-blackbox: the black-box cases with the programs under valgrind (T=name)
memcheck-blackbox:
	@sh tests/deps.sh memcheck
	@$(MAKE) --no-print-directory all test-programs
	@mkdir -p $(B)/valgrind
	$(Q)for p in $(notdir $(programs)); do \
	    printf '#!/bin/sh\nexec $(VALGRIND) "%s" "$$@"\n' "$(abspath $(BIN))/$$p" >$(B)/valgrind/$$p && chmod +x $(B)/valgrind/$$p; \
	done
	$(Q)B=$(B) LAB_BIN=$(abspath $(B)/valgrind) LAB_SLOW=1 $(under_valgrind) T="$(T)" sh tests/run.sh $(filter-out %/compare %/live %/grade %/rights,$(blackbox_bin))

## bench: builds the measuring programs into bin/bench/ (bench/run.sh runs them)
bench: all $(bench_bin)

# Leaks are left to asan and memcheck: gcc 12 sees some where a list owns what was allocated.
## lint: gcc's analyzer over common and the simulator
lint:
	$(Q)$(MAKE) --no-print-directory B=$(B)-lint OPT='-O1 -g -fanalyzer -Werror -Wno-format-truncation -Wno-analyzer-malloc-leak' $(patsubst %.c,$(B)-lint/%.o,$(common_src) $(simulator_src))

## format: clang-format over all sources
format:
	@sh tests/deps.sh format
	clang-format -i $$(git ls-files '*.c' '*.h')

## format-check: fails where make format would change something
format-check:
	@sh tests/deps.sh format
	clang-format --dry-run --Werror $$(git ls-files '*.c' '*.h')

## install: polling-scheduler and watch-scheduler into PREFIX/bin (PREFIX=/usr/local, DESTDIR)
install: $(BIN)/polling $(BIN)/watch
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(BIN)/polling $(DESTDIR)$(PREFIX)/bin/polling-scheduler
	install -m 755 $(BIN)/watch $(DESTDIR)$(PREFIX)/bin/watch-scheduler

# What the image holds: the schedulers, and beside them the other programs under their own names.
install-all: install $(programs)
	$(if $(filter-out %/polling %/watch,$(programs)),install -m 755 $(filter-out %/polling %/watch,$(programs)) $(DESTDIR)$(PREFIX)/bin)

lab = $(Q)IMAGE='$(IMAGE)' VERSION='$(VERSION)' CLUSTER='$(CLUSTER)' NODE_IMAGE='$(NODE_IMAGE)' NAMESPACE='$(NAMESPACE)' SCHEDULER='$(SCHEDULER)' \
    ARGS='$(ARGS)' FOLLOW='$(FOLLOW)' sh manifests/lab.sh
## image: the container image (IMAGE=my-scheduler:dev)
## kind-up: a kind cluster of four nodes (CLUSTER=sched-lab, NODE_IMAGE=name)
## kind-load: the image onto its nodes (CLUSTER=sched-lab, IMAGE=)
## kind-down: deletes it (CLUSTER=sched-lab)
## deploy: the scheduler into the cluster (SCHEDULER=watch|polling, NAMESPACE=kube-system, IMAGE=, ARGS=, CLUSTER=kind's: loads the image)
## undeploy: out of it again, and what it was allowed to do (SCHEDULER=: only that one, NAMESPACE=)
## test-pod: a pod for the scheduler my-scheduler, and where it went
## logs: what the schedulers in the cluster print (SCHEDULER=, NAMESPACE=, FOLLOW=1)
image kind-up kind-load kind-down deploy undeploy test-pod logs:
	$(lab) $@

## clean: removes what was built
clean:
	rm -rf $(B) $(B)-asan $(B)-lint $(BIN)

## help: lists the targets
help:
	@sed -n 's/^## \([a-z0-9-]*\): \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 26

-include $(wildcard $(B)/*/*.d $(B)/*/*/*.d $(B)/*/*/*/*.d)
.PHONY: all test-programs wrong-programs deps demo live student student-test check unit faults blackbox e2e differential browser-test screenshot kind-e2e guide asan memcheck memcheck-blackbox bench lint format format-check install install-all image kind-up kind-load kind-down deploy undeploy test-pod logs clean grade grade-class grade-python help
.SECONDARY:
