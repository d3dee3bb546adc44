package io.varve.wire;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;

/** How sockets are served. */
enum Transport {
    /** Linux's own, through Netty's native library. */
    EPOLL(EpollServerSocketChannel.class) {
        @Override
        EventLoopGroup group(int threads, String name) {
            return new EpollEventLoopGroup(threads, new DefaultThreadFactory(name));
        }
    },
    /** The JDK's, everywhere. */
    NIO(NioServerSocketChannel.class) {
        @Override
        EventLoopGroup group(int threads, String name) {
            return new NioEventLoopGroup(threads, new DefaultThreadFactory(name));
        }
    };

    private final Class<? extends ServerChannel> listener;

    Transport(Class<? extends ServerChannel> listener) {
        this.listener = listener;
    }

    /** The best one this machine has. */
    static Transport best() {
        return Epoll.isAvailable() ? EPOLL : NIO;
    }

    abstract EventLoopGroup group(int threads, String name);

    Class<? extends ServerChannel> listener() {
        return listener;
    }
}
