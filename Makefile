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
PACKAGES := libcurl jansson yaml-0.1 libmicrohttpd
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wwrite-strings $(if $(CI),-Werror)
OPT ?= -O2 -g
CPPFLAGS += -I. -D_POSIX_C_SOURCE=200809L -D_DARWIN_C_SOURCE -DLAB_VERSION='"$(VERSION)"'
CFLAGS += -std=c11 $(OPT) $(WARN) $(SANITIZE)
LDFLAGS += $(SANITIZE)
PKG_CFLAGS = $(shell pkg-config --cflags $(PACKAGES))
PKG_LIBS = $(shell pkg-config --libs $(PACKAGES))
CHECK_CFLAGS = $(shell pkg-config --cflags check)
CHECK_LIBS = $(shell pkg-config --libs check)

common_src := $(wildcard common/*.c common/*/*.c)
simulator_src := $(filter-out simulator/main.c,$(wildcard simulator/*.c))
compare_src := $(filter-out compare/main.c,$(wildcard compare/*.c))
programs := $(foreach p,polling watch simulator compare,$(if $(wildcard $(p)/main.c),$(BIN)/$(p)))
bench_bin := $(patsubst bench/%.c,$(BIN)/bench/%,$(wildcard bench/*.c))
unit_bin := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
blackbox_src := $(wildcard tests/blackbox/*.c)

obj = $(patsubst %.c,$(B)/%.o,$(1))

## all: builds the programs into bin/
all: $(programs)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(if $(filter tests/%,$<),$(CHECK_CFLAGS)) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/libcommon.a: $(call obj,$(common_src))
$(B)/libsimulator.a: $(call obj,$(simulator_src))
$(B)/libcompare.a: $(call obj,$(compare_src))
$(B)/lib%.a:
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BIN)/polling $(BIN)/watch: $(BIN)/%: $(B)/%/main.o $(B)/libcommon.a
$(BIN)/simulator: $(B)/simulator/main.o $(B)/libsimulator.a $(B)/libcommon.a
$(BIN)/compare: $(B)/compare/main.o $(B)/libcompare.a $(B)/libcommon.a
$(BIN)/bench/%: $(B)/bench/%.o $(B)/libcompare.a $(B)/libcommon.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm
$(programs):
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm

# test_alloc_*: every allocation passes through tests/unit/support/alloc_fault.c. GNU ld alone can wrap; elsewhere these tests pass over.
comma := ,
alloc_functions := malloc calloc realloc strdup strndup free
ifeq ($(shell uname -s),Linux)
$(B)/tests/test_alloc_%: TEST_LINK := -DALLOC_FAULT_WRAPPED $(alloc_functions:%=-Wl$(comma)--wrap=%)
endif

$(B)/tests/%: $(B)/tests/unit/%.o $(wildcard tests/unit/support/*.c) $(B)/libsimulator.a $(B)/libcommon.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(CHECK_CFLAGS) $(CFLAGS) $(LDFLAGS) $(TEST_LINK) -o $@ $^ $(CHECK_LIBS) $(PKG_LIBS) -lm

## unit: builds and runs the unit tests (T=name: only that one)
unit: $(unit_bin)
	$(Q)for t in $(if $(T),$(B)/tests/test_$(T),$(unit_bin)); do $$t || exit 1; done

## clean: removes what was built
clean:
	rm -rf $(B) $(BIN)

## format: clang-format over all sources
format:
	clang-format -i $$(git ls-files '*.c' '*.h')

## help: lists the targets
help:
	@sed -n 's/^## \([a-z-]*\): \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

-include $(shell find $(B) -name '*.d' 2>/dev/null)
.PHONY: all unit clean format help
.SECONDARY:
