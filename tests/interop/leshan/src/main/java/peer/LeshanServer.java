// SPDX-License-Identifier: Apache-2.0
package peer;

import static peer.Util.emit;
import static peer.Util.toJson;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.link.lwm2m.attributes.DefaultLwM2mAttributeParser;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttributeSet;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.node.TimestampedLwM2mNodes;
import org.eclipse.leshan.core.node.codec.DefaultLwM2mDecoder;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.peer.IpPeer;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.CreateRequest;
import org.eclipse.leshan.core.request.DeleteRequest;
import org.eclipse.leshan.core.request.DiscoverRequest;
import org.eclipse.leshan.core.request.DownlinkDeviceManagementRequest;
import org.eclipse.leshan.core.request.ExecuteRequest;
import org.eclipse.leshan.core.request.ObserveCompositeRequest;
import org.eclipse.leshan.core.request.ObserveRequest;
import org.eclipse.leshan.core.request.ReadCompositeRequest;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.request.SendRequest;
import org.eclipse.leshan.core.request.WriteAttributesRequest;
import org.eclipse.leshan.core.request.WriteCompositeRequest;
import org.eclipse.leshan.core.request.WriteRequest;
import org.eclipse.leshan.core.request.WriteRequest.Mode;
import org.eclipse.leshan.core.response.CreateResponse;
import org.eclipse.leshan.core.response.DiscoverResponse;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.ObserveCompositeResponse;
import org.eclipse.leshan.core.response.ObserveResponse;
import org.eclipse.leshan.core.response.ReadCompositeResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.core.util.Hex;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.model.VersionedModelProvider;
import org.eclipse.leshan.server.observation.ObservationListener;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;
import org.eclipse.leshan.server.send.SendListener;
import org.eclipse.leshan.servers.security.InMemorySecurityStore;
import org.eclipse.leshan.servers.security.SecurityInfo;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coap.CoapServerProtocolProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coaps.CoapsServerProtocolProvider;

/**
 * A Leshan M18 server on 127.0.0.1 driven over stdin; every answer and event is one JSON line on stdout.
 *
 * Options: --coap PORT --coaps PORT [--x509 CERT KEY TRUST] [--rpk PUB KEY] [--cid LEN] [--models DIR] [--quiet]
 * [--timeout MS] [--pskrange PREFIX COUNT HEXKEY] [--nodedup]. Commands: see run(); a leading "#TAG" is echoed as "tag".
 */
public class LeshanServer {
    private static final InMemorySecurityStore security = new InMemorySecurityStore();
    private static org.eclipse.leshan.server.LeshanServer server;
    private static long timeoutMs;

    public static void main(String[] args) throws Exception {
        var opt = Util.options(args);
        timeoutMs = Long.parseLong(Util.one(opt, "--timeout", "30000"));
        var builder = new LeshanServerBuilder();
        builder.setSecurityStore(security);
        builder.setObjectModelProvider(new VersionedModelProvider(Util.models(Util.one(opt, "--models", null))));
        if (opt.containsKey("--x509")) { // also offers its key as RPK
            List<String> f = opt.get("--x509");
            builder.setCertificateChain(new X509Certificate[] { Util.cert(f.get(0)) });
            builder.setPrivateKey(Util.privateKey(f.get(1)));
            builder.setTrustedCertificates(new Certificate[] { Util.cert(f.get(2)) });
        } else if (opt.containsKey("--rpk")) {
            List<String> f = opt.get("--rpk");
            builder.setPublicKey(Util.publicKey(f.get(0)));
            builder.setPrivateKey(Util.privateKey(f.get(1)));
        }

        var endpoints = new CaliforniumServerEndpointsProvider.Builder(new CoapServerProtocolProvider(),
                new CoapsServerProtocolProvider());
        var config = endpoints.createDefaultConfiguration();
        if (opt.containsKey("--cid"))
            config.set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, Integer.valueOf(Util.one(opt, "--cid", "6")));
        if (opt.containsKey("--nodedup")) // for load tests: no memory of the last 247 s of requests
            config.set(CoapConfig.DEDUPLICATOR, CoapConfig.NO_DEDUPLICATOR);
        endpoints.setConfiguration(config);
        String coap = Util.one(opt, "--coap", null), coaps = Util.one(opt, "--coaps", null);
        if (coap != null)
            endpoints.addEndpoint(new InetSocketAddress("127.0.0.1", Integer.parseInt(coap)), Protocol.COAP);
        if (coaps != null)
            endpoints.addEndpoint(new InetSocketAddress("127.0.0.1", Integer.parseInt(coaps)), Protocol.COAPS);
        builder.setEndpointsProviders(endpoints.build());
        server = builder.build();

        if (opt.containsKey("--pskrange")) { // for load tests: identity = endpoint = PREFIX-000000, PREFIX-000001, …
            List<String> p = opt.get("--pskrange");
            byte[] key = Hex.decodeHex(p.get(2).toCharArray());
            for (int i = 0; i < Integer.parseInt(p.get(1)); i++) {
                String name = String.format("%s-%06d", p.get(0), i);
                security.add(SecurityInfo.newPreSharedKeyInfo(name, name, key));
            }
        }
        if (!opt.containsKey("--quiet")) {
            Events events = new Events();
            server.getRegistrationService().addListener(events);
            server.getObservationService().addListener(events);
            server.getSendService().addListener(events);
        }
        server.start();
        emit("event", "ready", "endpoints", server.getEndpoints().stream().map(e -> e.getURI().toString()).toList());

        var in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null && !line.equals("quit");)
            if (!line.isBlank())
                command(line.trim());
        server.destroy();
        System.exit(0);
    }

    private static void command(String line) {
        String tag = null;
        if (line.startsWith("#")) {
            String[] p = line.split(" +", 2);
            tag = p[0].substring(1);
            line = p.length > 1 ? p[1] : "";
        }
        String[] w = line.split(" +");
        try {
            run(tag, w);
        } catch (Exception e) {
            emit("cmd", w[0], "tag", tag, "ep", w.length > 1 ? w[1] : null, "error", e.toString());
        }
    }

    /** One command, w = its words: CMD EP [PATH [...]]. */
    private static void run(String tag, String[] w) throws Exception {
        String cmd = w[0];
        switch (cmd) {
        case "psk": // psk EP IDENTITY HEXKEY
            security.add(SecurityInfo.newPreSharedKeyInfo(w[1], w[2], Hex.decodeHex(w[3].toCharArray())));
            emit("cmd", cmd, "tag", tag, "ep", w[1], "ok", true);
            return;
        case "rpk": // rpk EP PUB
            security.add(SecurityInfo.newRawPublicKeyInfo(w[1], Util.publicKey(w[2])));
            emit("cmd", cmd, "tag", tag, "ep", w[1], "ok", true);
            return;
        case "x509": // x509 EP
            security.add(SecurityInfo.newX509CertInfo(w[1]));
            emit("cmd", cmd, "tag", tag, "ep", w[1], "ok", true);
            return;
        case "list":
            server.getRegistrationService().getAllRegistrations()
                    .forEachRemaining(r -> emit("cmd", "list", "registration", describe(r)));
            emit("cmd", cmd, "tag", tag, "ok", true);
            return;
        }

        Registration reg = server.getRegistrationService().getByEndpoint(w[1]);
        if (reg == null)
            throw new IllegalArgumentException("not registered");
        String path = w.length > 2 ? w[2] : null;
        ContentFormat senml = ContentFormat.SENML_CBOR;
        switch (cmd) {
        case "read": // read EP PATH [FORMAT]
            send(tag, w, reg, new ReadRequest(w.length > 3 ? format(w[3]) : null, path));
            break;
        case "write": { // write EP PATH [@FORMAT] VALUE   (replaces a resource or resource instance)
            int v = w[3].startsWith("@") ? 4 : 3;
            ContentFormat format = v == 4 ? format(w[3].substring(1)) : ContentFormat.TLV;
            String value = String.join(" ", Arrays.copyOfRange(w, v, w.length));
            send(tag, w, reg, new WriteRequest(Mode.REPLACE, format, path, node(reg, path, value)));
            break;
        }
        case "writei": { // writei EP INSTANCE-PATH RID=VALUE..   (partial update)
            LwM2mPath p = new LwM2mPath(path);
            send(tag, w, reg, new WriteRequest(Mode.UPDATE, p.getObjectId(), p.getObjectInstanceId(),
                    resources(reg, path, w)));
            break;
        }
        case "writeblob": { // writeblob EP PATH FILE   (opaque, blockwise)
            LwM2mPath p = new LwM2mPath(path);
            send(tag, w, reg, new WriteRequest(Mode.REPLACE, ContentFormat.OPAQUE, path,
                    LwM2mSingleResource.newBinaryResource(p.getResourceId(), Util.file(w[3]))));
            break;
        }
        case "exec": // exec EP PATH [ARGS]
            send(tag, w, reg, new ExecuteRequest(path, w.length > 3 ? w[3] : null));
            break;
        case "discover":
            send(tag, w, reg, new DiscoverRequest(path));
            break;
        case "attrs": // attrs EP PATH k=v..
            send(tag, w, reg, new WriteAttributesRequest(path, new LwM2mAttributeSet(
                    new DefaultLwM2mAttributeParser().parseQueryParams(Arrays.copyOfRange(w, 3, w.length)))));
            break;
        case "observe": // observe EP PATH [FORMAT]
            send(tag, w, reg, new ObserveRequest(w.length > 3 ? format(w[3]) : null, path));
            break;
        case "cancel": // passive: the next notification is answered with RST
            emit("cmd", cmd, "tag", tag, "ep", w[1], "path", path, "cancelled",
                    server.getObservationService().cancelObservations(reg, path));
            break;
        case "cancelx": { // active: observe=1
            for (Observation o : server.getObservationService().getObservations(reg))
                if (o instanceof SingleObservation s && s.getPath().toString().equals(path))
                    send(tag, w, reg, new org.eclipse.leshan.core.request.CancelObservationRequest(s));
            break;
        }
        case "create": { // create EP /OBJ[/IID] RID=VALUE..
            LwM2mPath p = new LwM2mPath(path);
            List<LwM2mResource> res = resources(reg, "/" + p.getObjectId() + "/0", w);
            send(tag, w, reg, p.isObject() ? new CreateRequest(p.getObjectId(), res)
                    : new CreateRequest(p.getObjectId(), new org.eclipse.leshan.core.node.LwM2mObjectInstance(
                            p.getObjectInstanceId(), res)));
            break;
        }
        case "delete":
            send(tag, w, reg, new DeleteRequest(path));
            break;
        case "readc": // readc EP PATH..
            send(tag, w, reg, new ReadCompositeRequest(senml, senml, Arrays.copyOfRange(w, 2, w.length)));
            break;
        case "observec": // observec EP PATH..
            send(tag, w, reg, new ObserveCompositeRequest(senml, senml, Arrays.copyOfRange(w, 2, w.length)));
            break;
        case "writec": { // writec EP PATH=VALUE..
            Map<LwM2mPath, LwM2mNode> nodes = new LinkedHashMap<>();
            for (String s : Arrays.copyOfRange(w, 2, w.length)) {
                String[] kv = s.split("=", 2);
                nodes.put(new LwM2mPath(kv[0]), node(reg, kv[0], kv[1]));
            }
            send(tag, w, reg, new WriteCompositeRequest(senml, nodes, null));
            break;
        }
        default:
            throw new IllegalArgumentException("unknown command");
        }
    }

    private static <T extends LwM2mResponse> void send(String tag, String[] w, Registration reg,
            DownlinkDeviceManagementRequest<T> request) {
        String path = w.length > 2 ? w[2] : null;
        server.send(reg, request, timeoutMs,
                r -> emit("cmd", w[0], "tag", tag, "ep", w[1], "path", path, "code", code(r), "content", content(r),
                        "message", r.getErrorMessage()),
                e -> emit("cmd", w[0], "tag", tag, "ep", w[1], "path", path, "error", e.toString()));
    }

    /** CoAP code in its usual form, e.g. 2.05. */
    private static String code(LwM2mResponse r) {
        int c = r.getCode().getCode();
        return String.format("%d.%02d", c / 100, c % 100);
    }

    private static Object content(LwM2mResponse r) {
        if (r instanceof ReadResponse x) // also observe
            return x.getContent() == null ? null : toJson(x.getContent());
        if (r instanceof ReadCompositeResponse x) // also observe-composite
            return x.getContent() == null ? null : toJson(x.getContent());
        if (r instanceof DiscoverResponse x)
            return links(x.getObjectLinks());
        if (r instanceof CreateResponse x)
            return x.getLocation();
        return null;
    }

    private static List<String> links(Link[] links) {
        return links == null ? null : Arrays.stream(links).map(Link::toCoreLinkFormat).toList();
    }

    private static ContentFormat format(String nameOrCode) {
        return nameOrCode.matches("\\d+") ? ContentFormat.fromCode(nameOrCode) : ContentFormat.fromName(nameOrCode);
    }

    /** Text to a resource (instance) of the type its model says (opaque: base64). */
    private static LwM2mNode node(Registration reg, String path, String value) throws Exception {
        return new DefaultLwM2mDecoder().decode(value.getBytes("UTF-8"), ContentFormat.TEXT, null, new LwM2mPath(path),
                server.getModelProvider().getObjectModel(reg));
    }

    private static List<LwM2mResource> resources(Registration reg, String instance, String[] w) throws Exception {
        List<LwM2mResource> list = new java.util.ArrayList<>();
        for (String s : Arrays.copyOfRange(w, 3, w.length)) {
            String[] kv = s.split("=", 2);
            list.add((LwM2mResource) node(reg, instance + "/" + kv[0], kv[1]));
        }
        return list;
    }

    private static Map<String, Object> describe(Registration r) {
        return Util.map("ep", r.getEndpoint(), "id", r.getId(), "address", r.getSocketAddress().toString(), "lifetime",
                r.getLifeTimeInSec(), "version", r.getLwM2mVersion().toString(), "binding",
                String.valueOf(r.getBindingMode()), "queue", r.getQueueMode(), "identity",
                ((IpPeer) r.getClientTransportData()).getIdentity().toString(), "links", links(r.getObjectLinks()));
    }

    private static class Events implements RegistrationListener, ObservationListener, SendListener {
        @Override
        public void registered(Registration reg, Registration previous, Collection<Observation> observations) {
            emit("event", "registered", "ep", reg.getEndpoint(), "replaced", previous != null, "registration",
                    describe(reg));
        }

        @Override
        public void updated(RegistrationUpdate update, Registration reg, Registration previous) {
            emit("event", "updated", "ep", reg.getEndpoint(), "registration", describe(reg));
        }

        @Override
        public void unregistered(Registration reg, Collection<Observation> observations, boolean expired,
                Registration newReg) {
            emit("event", "deregistered", "ep", reg.getEndpoint(), "id", reg.getId(), "expired", expired);
        }

        @Override
        public void newObservation(Observation o, Registration reg) {
        }

        @Override
        public void cancelled(Observation o) {
            emit("event", "observation-cancelled", "path", path(o));
        }

        @Override
        public void onResponse(SingleObservation o, Registration reg, ObserveResponse r) {
            emit("event", "notification", "ep", reg.getEndpoint(), "path", path(o), "code", code(r), "content",
                    content(r));
        }

        @Override
        public void onResponse(CompositeObservation o, Registration reg, ObserveCompositeResponse r) {
            emit("event", "notification", "ep", reg.getEndpoint(), "path", path(o), "code", code(r), "content",
                    content(r));
        }

        @Override
        public void onError(Observation o, Registration reg, Exception error) {
            emit("event", "notification", "ep", reg.getEndpoint(), "path", path(o), "error", error.toString());
        }

        @Override
        public void dataReceived(Registration reg, TimestampedLwM2mNodes data, SendRequest request) {
            for (var t : data.getTimestamps())
                emit("event", "send", "ep", reg.getEndpoint(), "time", t == null ? null : t.toString(), "content",
                        toJson(data.getNodesAt(t)));
        }

        @Override
        public void onError(Registration reg, String message, Exception error) {
            emit("event", "send", "ep", reg == null ? null : reg.getEndpoint(), "error", message);
        }

        private static String path(Observation o) {
            return o instanceof SingleObservation s ? s.getPath().toString()
                    : ((CompositeObservation) o).getPaths().toString();
        }
    }
}
