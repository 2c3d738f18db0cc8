# Makefile -- `make help` lists what there is to make.

OUT ?= out
CC ?= gcc
MUSL_CC ?= musl-gcc
WARN := -Wall -Wextra -Wshadow -Wvla -Wformat=2 -Wstrict-prototypes \
	-Wmissing-prototypes $(if $(CI),-Werror)
CFLAGS ?= -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2
ALL_CFLAGS := -std=gnu17 -D_GNU_SOURCE $(WARN) $(CFLAGS) -I. -MMD -MP
LDFLAGS ?= -Wl,-z,relro,-z,now
LIBS := -Wl,--as-needed -llxc -lsqlite3 -lyaml -lcurl -lgit2 -larchive \
	-lmicrohttpd -ljansson -lsodium
PREFIX ?= /usr/local

# Everything that building, running and testing needs on Debian 12.
PACKAGES := build-essential clang clang-tidy clang-format cppcheck \
	pkg-config musl-tools valgrind check libgit2-dev libyaml-dev \
	libcurl4-openssl-dev libarchive-dev libsqlite3-dev lxc-dev \
	liblxc-common libmicrohttpd-dev libjansson-dev libsodium-dev \
	haproxy openssh-server openssh-client git mercurial rsync \
	openssl nftables conntrack mmdebstrap bubblewrap libclang-rt-14-dev iproute2 sqlite3 curl zstd wrk mandoc \
	shellcheck python3 procps debian-archive-keyring mawk

COMMON := $(wildcard common/*/*.c)
UPLOADER_MAINS := uploader/main.c uploader/receive_main.c uploader/keys_main.c
UPLOADER := $(filter-out $(UPLOADER_MAINS),$(wildcard uploader/*.c))
DEPLOYER := $(filter-out deployer/main.c,$(wildcard deployer/*.c))
BUILDER := $(filter-out builder/main.c,$(wildcard builder/*.c))
CLI := $(filter-out cli/main.c,$(wildcard cli/*.c))
RUNTIME := $(wildcard runtime/*.c)
UNIT := $(wildcard tests/unit/*.c tests/support/*.c tests/fuzz/*.c)

obj = $(patsubst %.c,$(1)/%.o,$(2))

BIN := $(OUT)/bin/dcloud $(OUT)/bin/dcloud-uploader \
	$(OUT)/bin/dcloud-builder $(OUT)/bin/dcloud-deployer
LIBEXEC := $(OUT)/libexec/dcinit $(OUT)/libexec/dcloud-receive \
	$(OUT)/libexec/dcloud-keys $(OUT)/libexec/dcloud-packages

.PHONY: all help deps check check-unit check-asan check-valgrind \
	check-integration traffic traffic-quick fuzz lint format coverage docs \
	image demo demo-stop \
	bench install dist clean
.DELETE_ON_ERROR:

all: $(BIN) $(LIBEXEC) ## compile everything

help: ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | \
	    sed 's/:.*##/\t/' | expand -t 20

deps: ## install the Debian packages that are missing
	@tests/support/deps.sh $(PACKAGES)

# --- programs ---------------------------------------------------------------

$(OUT)/gen/migrations.c: common/store/embed.sh $(wildcard common/store/migrations/*.sql)
	@mkdir -p $(@D)
	sh $< > $@

# What `dcloud validate`, which asks no platform, knows of the service types.
$(OUT)/gen/types.c: common/buildfile/embed.sh $(wildcard builder/types/*/type.yml)
	@mkdir -p $(@D)
	sh $^ > $@

$(OUT)/obj/migrations.o $(OUT)/obj/types.o: $(OUT)/obj/%.o: $(OUT)/gen/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(OUT)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fPIE -c -o $@ $<

$(OUT)/libcommon.a: $(call obj,$(OUT)/obj,$(COMMON)) $(OUT)/obj/migrations.o $(OUT)/obj/types.o
	rm -f $@
	ar rcs $@ $^

# $(1): program, $(2): its main, $(3): the room's other sources
define program
$(1): $(call obj,$(OUT)/obj,$(2) $(3)) $(OUT)/libcommon.a
	@mkdir -p $$(@D)
	$$(CC) $$(CFLAGS) $$(LDFLAGS) -pie -o $$@ $$^ $$(LIBS)
endef
$(eval $(call program,$(OUT)/bin/dcloud,cli/main.c,$(CLI)))
$(eval $(call program,$(OUT)/bin/dcloud-uploader,uploader/main.c,$(UPLOADER)))
$(eval $(call program,$(OUT)/libexec/dcloud-receive,uploader/receive_main.c,$(UPLOADER)))
$(eval $(call program,$(OUT)/libexec/dcloud-keys,uploader/keys_main.c,$(UPLOADER)))
$(eval $(call program,$(OUT)/bin/dcloud-builder,builder/main.c,$(BUILDER)))
$(eval $(call program,$(OUT)/bin/dcloud-deployer,deployer/main.c,$(DEPLOYER)))

# pid 1 of every container: static, and small enough to forget about.
$(OUT)/musl/%.o: %.c
	@mkdir -p $(@D)
	$(MUSL_CC) -std=gnu17 -D_GNU_SOURCE $(WARN) -Os -g -I. -MMD -MP -c -o $@ $<

$(OUT)/libexec/dcinit: $(call obj,$(OUT)/musl,$(RUNTIME) common/base/err.c common/base/str.c)
	@mkdir -p $(@D)
	$(MUSL_CC) -static -s -o $@ $^

# What installs Debian packages, inside the container that is made for it.
$(OUT)/libexec/dcloud-packages: runtime/packages runtime/packages.renamed
	@mkdir -p $(@D)
	cat $^ >$@.new && chmod 755 $@.new && mv $@.new $@

# --- tests ------------------------------------------------------------------

UNIT_SOURCES := $(UNIT) $(COMMON) $(UPLOADER) $(DEPLOYER) $(BUILDER) $(CLI) \
	$(filter-out runtime/main.c,$(RUNTIME))

$(OUT)/gen/suites.c: tests/support/suites.sh $(wildcard tests/unit/*.c)
	@mkdir -p $(@D)
	sh $< > $@

$(OUT)/obj/suites.o: $(OUT)/gen/suites.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(OUT)/asan/suites.o: $(OUT)/gen/suites.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ASAN) -c -o $@ $<

$(OUT)/test/unit: $(call obj,$(OUT)/obj,$(UNIT_SOURCES)) $(OUT)/obj/migrations.o $(OUT)/obj/types.o $(OUT)/obj/suites.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -pie -o $@ $^ -lcheck -lsubunit -lm -lrt $(LIBS)

ASAN := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer

$(OUT)/asan/%.o: %.c
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -D_GNU_SOURCE $(WARN) $(ASAN) -I. -MMD -MP -c -o $@ $<

$(OUT)/asan/migrations.o $(OUT)/asan/types.o: $(OUT)/asan/%.o: $(OUT)/gen/%.c
	@mkdir -p $(@D)
	$(CC) $(ASAN) -c -o $@ $<

$(OUT)/test/unit-asan: $(call obj,$(OUT)/asan,$(UNIT_SOURCES)) $(OUT)/asan/migrations.o $(OUT)/asan/types.o $(OUT)/asan/suites.o
	@mkdir -p $(@D)
	$(CC) $(ASAN) -o $@ $^ -lcheck -lsubunit -lm -lrt $(LIBS)

check: deps ## install what is missing, compile, run every test
	+tests/support/check.sh $(OUT)

check-unit: $(OUT)/test/unit all ## the unit tests
	$< $(SUITE)

check-asan: $(OUT)/test/unit-asan all ## the unit tests under ASan and UBSan
	CK_FORK=no $< $(SUITE)

check-valgrind: $(OUT)/test/unit all ## the unit tests under valgrind
	CK_FORK=no valgrind -q --error-exitcode=1 --leak-check=full $< $(SUITE)

BOX_TEST := $(wildcard tests/integration/box_*.c)
ROUTER_TEST := $(wildcard tests/integration/router_*.c)

$(OUT)/test/box_init: tests/integration/box_init.c
	@mkdir -p $(@D)
	$(MUSL_CC) -static -Os -o $@ $<

$(OUT)/test/box_test: $(call obj,$(OUT)/obj,$(filter-out %/box_init.c,$(BOX_TEST))) $(OUT)/libcommon.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -pie -o $@ $^ -lcheck -lsubunit -lm -lrt $(LIBS)

$(OUT)/test/router_test: $(call obj,$(OUT)/obj,$(ROUTER_TEST) $(DEPLOYER)) $(OUT)/libcommon.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -pie -o $@ $^ -lcheck -lsubunit -lm -lrt $(LIBS)

check-integration: all image $(OUT)/test/box_init $(OUT)/test/box_test $(OUT)/test/router_test ## real daemons, containers, HAProxy, sshd
	tests/integration/run $(OUT) $(TEST)

TRAFFIC := $(wildcard tests/traffic/*.c)

$(OUT)/test/traffic: $(call obj,$(OUT)/obj,$(TRAFFIC)) $(OUT)/libcommon.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -pie -o $@ $^ $(LIBS)

traffic-quick: all image $(OUT)/test/traffic ## no request is lost: two and a half minutes of every kind of change under load
	tests/traffic/run $(OUT) quick $(SCENARIO)

traffic: all image $(OUT)/test/traffic ## the long form of it
	tests/traffic/run $(OUT) long $(SCENARIO)

FUZZERS := $(patsubst tests/fuzz/%.c,$(OUT)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

$(OUT)/fuzz/%: tests/fuzz/%.c $(COMMON) $(OUT)/gen/migrations.c $(OUT)/gen/types.c
	@mkdir -p $(@D)
	clang -std=gnu17 -D_GNU_SOURCE -g -O1 -I. \
	    -fsanitize=fuzzer,address,undefined -o $@ $< $(COMMON) \
	    $(OUT)/gen/migrations.c $(OUT)/gen/types.c $(LIBS)

fuzz: $(FUZZERS) ## fuzz the parsers, a minute each (FUZZ_SECONDS)
	tests/fuzz/run $(OUT)/fuzz $(or $(FUZZ_SECONDS),60)

lint: ## clang-format, clang-tidy, cppcheck, our own greps
	tests/support/lint.sh $(OUT)

format: ## let clang-format have its way
	clang-format -i $$(git ls-files '*.c' '*.h')

coverage: ## unit tests with gcov; a line per file
	$(MAKE) OUT=$(OUT)/cov CFLAGS='-O0 -g --coverage' check-unit
	cd $(OUT)/cov && gcov -n $$(find obj -name '*.gcda') 2>/dev/null | \
	    paste - - - - | grep -v '/usr/' | sort -t: -k3 -n | head -80

bench: all image ## measure a push, phase by phase, beside docker
	tests/bench/run $(OUT)

docs: all ## generated documents: docs/states.md
	$(OUT)/bin/dcloud-deployer states > docs/states.md

export DCLOUD_DEMO_HTTP DCLOUD_DEMO_SSH DCLOUD_DEMO_ROOT

# --- running it -------------------------------------------------------------

IMAGES ?= /var/cache/dcloud/image

image: ## the base image of the containers (cached)
	runtime/image/build $(IMAGES)

demo: deps ## install, compile, start a platform, push an application
	@tests/support/progress.sh "compiling" \
	    $(MAKE) --no-print-directory -j$$(nproc) all
	@runtime/image/build $(IMAGES)
	@tests/support/demo.sh up $(OUT)

demo-stop: ## stop the demo and leave nothing of it
	@tests/support/demo.sh down $(OUT)

install: all ## to PREFIX (default /usr/local)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/sbin \
	    $(DESTDIR)/usr/lib/dcloud $(DESTDIR)/usr/share/dcloud \
	    $(DESTDIR)$(PREFIX)/share/man/man1 \
	    $(DESTDIR)$(PREFIX)/share/man/man5 $(DESTDIR)$(PREFIX)/share/man/man7 \
	    $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 755 $(OUT)/bin/dcloud $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(filter-out $(OUT)/bin/dcloud,$(BIN)) $(DESTDIR)$(PREFIX)/sbin
	install -m 755 $(LIBEXEC) $(DESTDIR)/usr/lib/dcloud
	cp -r --no-preserve=ownership builder/types $(DESTDIR)/usr/share/dcloud
	install -m 644 docs/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 runtime/platform $(DESTDIR)$(PREFIX)/sbin/dcloud-platform
	cp -r --no-preserve=ownership runtime/image $(DESTDIR)/usr/share/dcloud
	install -m 644 docs/man/*.5 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 docs/man/*.7 $(DESTDIR)$(PREFIX)/share/man/man7
	install -m 644 docs/man/*.8 $(DESTDIR)$(PREFIX)/share/man/man8

dist: ## dcloud.tar.gz of what is committed
	git archive --prefix=dcloud/ -o dcloud.tar.gz HEAD

clean: ## remove what was compiled
	rm -rf $(OUT)

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
