# make            builds polling and watch
# make test       grades them, all checkpoints; make test-2: only checkpoint 2 (SEED=n: the same run again)
# make run        a simulator, and polling on it, until Ctrl-C (P=watch: the other; ARGS="--policy spread")
# make pods       in another terminal: pods for the scheduler that make run has started (N=3)
# make ASAN=1 …   the same with the address and undefined-behaviour sanitizers
# make clean      removes what was built
.DEFAULT_GOAL := all

CC ?= cc
PACKAGES := libcurl jansson yaml-0.1 libmicrohttpd
WARN := -Wall -Wextra -Wmissing-prototypes
CFLAGS ?= -O1 -g
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
override CFLAGS += -std=c11 $(WARN) -I. $(if $(ASAN),$(SANITIZE))

# With and without sanitizers lie apart: a switch rebuilds nothing that is there.
B := build$(if $(ASAN),-asan)
OUT := $(if $(ASAN),$(B)/)
programs := $(OUT)polling $(OUT)watch

# What is missing, and where it is to be had, is said before the linker says that it cannot find it.
packages_of_libcurl := libcurl4-openssl-dev
packages_of_jansson := libjansson-dev
packages_of_yaml-0.1 := libyaml-dev
packages_of_libmicrohttpd := libmicrohttpd-dev
missing = $(strip $(foreach p,$(PACKAGES),$(if $(shell pkg-config --exists $(p) 2>/dev/null && echo yes),,$(p))))
get = $(error $(1): not found; on Debian and Ubuntu: sudo apt-get install $(2))
have_libraries = $(if $(missing),$(call get,$(missing),$(foreach p,$(missing),$(packages_of_$(p)))),$(shell pkg-config --libs $(PACKAGES)))
LIBS = $(eval LIBS := $(if $(shell command -v pkg-config),$(have_libraries),$(call get,pkg-config,pkg-config)))$(LIBS)

all: $(programs)

$(B)/%.o: %.c
	@mkdir -p $(B)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(programs): $(OUT)%: $(B)/%.o $(B)/scheduler.o common/libcommon.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lm

test test-1 test-2 test-3 test-4 test-5: $(programs)
	bin/grade $(if $(filter test-%,$@),$(@:test-%=%),all) --polling ./$(OUT)polling --watch ./$(OUT)watch $(if $(SEED),--seed $(SEED))

P ?= polling
ARGS ?=
run: $(OUT)$(P)
	@mkdir -p $(B) && rm -f $(B)/kubeconfig
	@bin/simulator --write-kubeconfig $(B)/kubeconfig --parent-pid-watch & simulator=$$!; \
	trap 'kill $$simulator 2>/dev/null' EXIT; trap : INT; \
	while [ ! -s $(B)/kubeconfig ] && kill -0 $$simulator 2>/dev/null; do sleep 0.1; done; \
	./$(OUT)$(P) --kubeconfig $(B)/kubeconfig $(ARGS)

# Enough for a first try. With kubectl there is more: kubectl --kubeconfig build/kubeconfig get pods -o wide, apply -f FILE, describe, …
N ?= 3
server = $(shell sed -n 's/.*server: *//p' $(B)/kubeconfig 2>/dev/null)
pod := {"metadata":{"generateName":"test-pod-","labels":{"app":"test"}},"spec":{"schedulerName":"my-scheduler","containers":[{"name":"c","image":"pause"}]}}
pods:
	@[ -n "$(server)" ] || { echo 'pods: no simulator is there yet; start it in another terminal: make run' >&2; exit 2; }
	@for i in $$(seq $(N)); do \
	    curl -fsS -o /dev/null -H 'Content-Type: application/json' -d '$(pod)' $(server)/api/v1/namespaces/default/pods || exit 1; \
	done

clean:
	rm -rf build build-asan polling watch

-include $(wildcard $(B)/*.d)
.PHONY: all test test-1 test-2 test-3 test-4 test-5 run pods clean
