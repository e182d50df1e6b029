# The image holds podgate, the libraries it links and nothing else: no shell, no package manager.
FROM debian:bookworm-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev make \
    libmicrohttpd-dev libgnutls28-dev libcjson-dev libyaml-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Makefile ./
COPY tools tools
COPY include include
COPY policies policies
COPY src src
ARG COMMIT=unknown
RUN make COMMIT="$COMMIT"
# What the loader would open, loader included, at the same places.
RUN mkdir -p /image/usr/bin \
 && strip -o /image/usr/bin/podgate build/podgate \
 && ldd build/podgate | grep -o '/[^ ]*' | sort -u | xargs cp --parents -L -t /image

FROM scratch
COPY --from=build /image/ /
USER 65532:65532
EXPOSE 8443 8081 8080
ENTRYPOINT ["/usr/bin/podgate"]
CMD ["serve"]
