# One image for every part: "resolver", "updater" or any other command of sallyport is what it is started with.
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS build
WORKDIR /build
COPY package.json package-lock.json tsconfig.json ./
# Nothing that is installed here needs a script of its own: koffi's binary is in its package, the pinned Node.js is for clones.
RUN npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
COPY src src
RUN npm run --silent build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error

FROM ${BASE}
WORKDIR /opt/sallyport
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY bin/sallyport bin/compiled.cjs bin/
COPY zones/preset zones/preset
COPY zones/system.list zones/system.list
COPY src/config/sallyport.schema.json src/config/sallyport.schema.json
COPY zones /etc/sallyport/zones
# The resolver's user, and the folders that the parts share: root's, sticky, so that neither can replace what is the other's.
RUN printf 'sallyport:x:59053:\n' >>/etc/group \
 && printf 'sallyport:x:59053:59053:sallyport resolver:/nonexistent:/usr/sbin/nologin\n' >>/etc/passwd \
 && mkdir -p /run/sallyport /var/lib/sallyport && chgrp 59053 /run/sallyport /var/lib/sallyport \
 && chmod 1775 /run/sallyport /var/lib/sallyport \
 && ln -s /opt/sallyport/bin/sallyport /usr/local/bin/sallyport
WORKDIR /etc/sallyport
USER 59053:59053
ENTRYPOINT ["sallyport"]
CMD ["resolver"]
