// SPDX-License-Identifier: Apache-2.0
package peer;

import static peer.Util.emit;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.security.cert.Certificate;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.zip.CRC32;

import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.leshan.client.LeshanClientBuilder;
import org.eclipse.leshan.client.engine.DefaultRegistrationEngineFactory;
import org.eclipse.leshan.client.object.Device;
import org.eclipse.leshan.client.object.Security;
import org.eclipse.leshan.client.object.Server;
import org.eclipse.leshan.client.observer.LwM2mClientObserverAdapter;
import org.eclipse.leshan.client.resource.BaseInstanceEnabler;
import org.eclipse.leshan.client.resource.ObjectsInitializer;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.CertificateUsage;
import org.eclipse.leshan.core.ResponseCode;
import org.eclipse.leshan.core.model.StaticModel;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.request.BootstrapRequest;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.DeregisterRequest;
import org.eclipse.leshan.core.request.RegisterRequest;
import org.eclipse.leshan.core.request.UpdateRequest;
import org.eclipse.leshan.core.request.argument.Arguments;
import org.eclipse.leshan.core.response.ExecuteResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.core.response.WriteResponse;
import org.eclipse.leshan.core.util.Hex;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpointsProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientProtocolProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coaps.CoapsClientProtocolProvider;

/**
 * A Leshan M18 client on 127.0.0.1 with objects 0, 1, 3, 3303 and a 5 that only counts what is pushed to it; prints its life
 * as JSON lines.
 *
 * Options: -n EP -u URI [--bootstrap] [--lifetime S] [--cid LEN] [--queue] [--models DIR], and one of
 * --psk IDENTITY HEXKEY, --rpk PUB KEY SERVERPUB, --x509 CERT KEY SERVERCERT [--usage 0..3] [--trust CERT].
 * Commands on stdin: update, set VALUE (new 3303 reading), send PATH.., quit (deregisters first).
 */
public class LeshanClient {
    private static final int SSID = 123;

    public static void main(String[] args) throws Exception {
        var opt = Util.options(args);
        String ep = Util.one(opt, "-n", "leshan-client"), uri = Util.one(opt, "-u", null);
        boolean bootstrap = opt.containsKey("--bootstrap");
        Temperature sensor = new Temperature();
        var objects = new ObjectsInitializer(new StaticModel(Util.models(Util.one(opt, "--models", null))));
        objects.setInstancesForObject(0, security(opt, uri, bootstrap));
        if (bootstrap)
            objects.setClassForObject(1, Server.class);
        else
            objects.setInstancesForObject(1, new Server(SSID, Long.parseLong(Util.one(opt, "--lifetime", "300")),
                    EnumSet.of(BindingMode.U), false, BindingMode.U));
        objects.setInstancesForObject(3, new Device("interop", "peer", "0001", EnumSet.of(BindingMode.U)));
        objects.setInstancesForObject(3303, sensor);
        objects.setInstancesForObject(5, new Firmware());

        var endpoints = new CaliforniumClientEndpointsProvider.Builder(new CoapClientProtocolProvider(),
                new CoapsClientProtocolProvider());
        var config = endpoints.createDefaultConfiguration();
        if (opt.containsKey("--cid"))
            config.set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, Integer.valueOf(Util.one(opt, "--cid", "0")));
        config.set(CoapConfig.MAX_RESOURCE_BODY_SIZE, 8 << 20); // default 8192: pushing more would give 4.13
        endpoints.setConfiguration(config);
        endpoints.setClientAddress(InetAddress.getByName("127.0.0.1"));

        var builder = new LeshanClientBuilder(ep);
        builder.setObjects(objects.createAll());
        builder.setEndpointsProviders(endpoints.build());
        if (opt.containsKey("--trust"))
            builder.setTrustStore(List.<Certificate>of(Util.cert(Util.one(opt, "--trust", null))));
        var engine = new DefaultRegistrationEngineFactory();
        engine.setQueueMode(opt.containsKey("--queue"));
        builder.setRegistrationEngineFactory(engine);
        var client = builder.build();
        client.addObserver(new Events());
        client.start();

        var in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null && !line.equals("quit");) {
            String[] w = line.trim().split(" +");
            switch (w[0]) {
            case "update":
                client.triggerRegistrationUpdate();
                break;
            case "set":
                sensor.set(Double.parseDouble(w[1]));
                break;
            case "send":
                for (LwM2mServer s : client.getRegisteredServers().values())
                    client.getSendService().sendData(s, ContentFormat.SENML_CBOR,
                            Arrays.asList(w).subList(1, w.length), 30000,
                            r -> emit("event", "send", "code", r.getCode().toString()),
                            e -> emit("event", "send", "error", e.toString()));
                break;
            }
        }
        client.destroy(true);
        System.exit(0);
    }

    private static Security security(java.util.Map<String, List<String>> opt, String uri, boolean bs) throws Exception {
        List<String> f;
        if ((f = opt.get("--psk")) != null) {
            byte[] id = f.get(0).getBytes("UTF-8"), key = Hex.decodeHex(f.get(1).toCharArray());
            return bs ? Security.pskBootstrap(uri, id, key) : Security.psk(uri, SSID, id, key);
        }
        if ((f = opt.get("--rpk")) != null) {
            byte[] pub = Util.file(f.get(0)), key = Util.file(f.get(1)), srv = Util.file(f.get(2));
            return bs ? Security.rpkBootstrap(uri, pub, key, srv) : Security.rpk(uri, SSID, pub, key, srv);
        }
        if ((f = opt.get("--x509")) != null) {
            byte[] crt = Util.file(f.get(0)), key = Util.file(f.get(1)), srv = Util.file(f.get(2));
            var usage = CertificateUsage.fromCode(Integer.parseInt(Util.one(opt, "--usage", "3"))).code;
            return bs ? Security.x509Bootstrap(uri, crt, key, srv, usage)
                    : Security.x509(uri, SSID, crt, key, srv, usage);
        }
        return bs ? Security.noSecBootstrap(uri) : Security.noSec(uri, SSID);
    }

    /** IPSO Temperature: a reading, its extremes, a reset and a writable application type. */
    public static class Temperature extends BaseInstanceEnabler {
        private double now = 20.0, min = 20.0, max = 20.0;
        private String application = "";

        synchronized void set(double value) {
            now = value;
            min = Math.min(min, now);
            max = Math.max(max, now);
            fireResourcesChange(getResourcePath(5700), getResourcePath(5601), getResourcePath(5602));
        }

        @Override
        public synchronized ReadResponse read(LwM2mServer server, int rid) {
            switch (rid) {
            case 5700:
                return ReadResponse.success(rid, now);
            case 5701:
                return ReadResponse.success(rid, "Cel");
            case 5601:
                return ReadResponse.success(rid, min);
            case 5602:
                return ReadResponse.success(rid, max);
            case 5750:
                return ReadResponse.success(rid, application);
            default:
                return super.read(server, rid);
            }
        }

        @Override
        public synchronized WriteResponse write(LwM2mServer server, boolean replace, int rid, LwM2mResource value) {
            if (rid != 5750)
                return super.write(server, replace, rid, value);
            application = (String) value.getValue();
            fireResourceChange(rid);
            return WriteResponse.success();
        }

        @Override
        public synchronized ExecuteResponse execute(LwM2mServer server, int rid, Arguments arguments) {
            if (rid != 5605)
                return super.execute(server, rid, arguments);
            min = max = now;
            fireResourcesChange(getResourcePath(5601), getResourcePath(5602));
            return ExecuteResponse.success();
        }
    }

    /** Takes a package by push (/5/0/0, blockwise) and reports its size and CRC-32; nothing else. */
    public static class Firmware extends BaseInstanceEnabler {
        private long state;

        @Override
        public ReadResponse read(LwM2mServer server, int rid) {
            switch (rid) {
            case 3:
                return ReadResponse.success(rid, state);
            case 5:
                return ReadResponse.success(rid, 0);
            case 9:
                return ReadResponse.success(rid, 1); // push only
            default:
                return super.read(server, rid);
            }
        }

        @Override
        public WriteResponse write(LwM2mServer server, boolean replace, int rid, LwM2mResource value) {
            if (rid != 0)
                return super.write(server, replace, rid, value);
            byte[] image = (byte[]) value.getValue();
            CRC32 crc = new CRC32();
            crc.update(image);
            state = image.length > 0 ? 2 : 0;
            emit("event", "firmware", "bytes", image.length, "crc32", crc.getValue());
            fireResourceChange(3);
            return WriteResponse.success();
        }
    }

    private static class Events extends LwM2mClientObserverAdapter {
        @Override
        public void onBootstrapSuccess(LwM2mServer s, BootstrapRequest r) {
            emit("event", "bootstrapped", "server", s.getUri());
        }

        @Override
        public void onBootstrapFailure(LwM2mServer s, BootstrapRequest r, ResponseCode code, String msg, Exception e) {
            failed("bootstrap", s, code, msg, e);
        }

        @Override
        public void onBootstrapTimeout(LwM2mServer s, BootstrapRequest r) {
            failed("bootstrap", s, null, "timeout", null);
        }

        @Override
        public void onRegistrationSuccess(LwM2mServer s, RegisterRequest r, String id) {
            emit("event", "registered", "server", s.getUri(), "ssid", s.getId(), "id", id);
        }

        @Override
        public void onRegistrationFailure(LwM2mServer s, RegisterRequest r, ResponseCode code, String msg,
                Exception e) {
            failed("register", s, code, msg, e);
        }

        @Override
        public void onRegistrationTimeout(LwM2mServer s, RegisterRequest r) {
            failed("register", s, null, "timeout", null);
        }

        @Override
        public void onUpdateSuccess(LwM2mServer s, UpdateRequest r) {
            emit("event", "updated", "server", s.getUri());
        }

        @Override
        public void onUpdateFailure(LwM2mServer s, UpdateRequest r, ResponseCode code, String msg, Exception e) {
            failed("update", s, code, msg, e);
        }

        @Override
        public void onDeregistrationSuccess(LwM2mServer s, DeregisterRequest r) {
            emit("event", "deregistered", "server", s.getUri());
        }

        @Override
        public void onUnexpectedError(Throwable e) {
            emit("event", "error", "message", e.toString());
        }

        private static void failed(String what, LwM2mServer s, ResponseCode code, String message, Exception e) {
            emit("event", "failed", "what", what, "server", s.getUri(), "code", code == null ? null : code.toString(),
                    "message", e == null ? message : e.toString());
        }
    }
}
