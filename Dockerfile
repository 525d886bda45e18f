# The two schedulers, the libraries they load, and nothing else: no shell, no package manager. make image IMAGE=my-scheduler:dev
FROM debian:bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends make ca-certificates
WORKDIR /src
COPY tests/deps.sh tests/deps.sh
RUN sh tests/deps.sh build
COPY . .
RUN make -j2 install PREFIX=/usr DESTDIR=/image

# What ldd names, the loader included, under the paths where the loader looks; names through DNS need nothing more in glibc 2.34 and newer.
RUN set -eu; \
    mkdir -p /image/etc/ssl/certs; \
    ldd /image/usr/bin/* | grep -o '/[^ ]*\.so[^ ]*' | sort -u | while read -r library; do \
        mkdir -p "/image$(dirname "$library")"; \
        cp -L "$library" "/image$library"; \
    done; \
    cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/; \
    echo 'scheduler:x:65532:65532::/:/sbin/nologin' > /image/etc/passwd; \
    echo 'scheduler:x:65532:' > /image/etc/group; \
    echo 'hosts: files dns' > /image/etc/nsswitch.conf; \
    strip --strip-unneeded /image/usr/bin/*; \
    chroot /image /usr/bin/polling-scheduler --version; \
    chroot /image /usr/bin/watch-scheduler --version

FROM scratch
COPY --from=build /image /
USER 65532:65532
ENV PATH=/usr/bin
CMD ["watch-scheduler"]
