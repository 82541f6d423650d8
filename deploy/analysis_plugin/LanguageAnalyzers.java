package kabar.analysis;

import java.util.function.Supplier;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.LowerCaseFilter;
import org.apache.lucene.analysis.StopFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.ar.ArabicAnalyzer;
import org.apache.lucene.analysis.bg.BulgarianAnalyzer;
import org.apache.lucene.analysis.bn.BengaliAnalyzer;
import org.apache.lucene.analysis.br.BrazilianAnalyzer;
import org.apache.lucene.analysis.ca.CatalanAnalyzer;
import org.apache.lucene.analysis.cjk.CJKAnalyzer;
import org.apache.lucene.analysis.ckb.SoraniAnalyzer;
import org.apache.lucene.analysis.core.DecimalDigitFilter;
import org.apache.lucene.analysis.cz.CzechAnalyzer;
import org.apache.lucene.analysis.da.DanishAnalyzer;
import org.apache.lucene.analysis.de.GermanAnalyzer;
import org.apache.lucene.analysis.el.GreekAnalyzer;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.es.SpanishAnalyzer;
import org.apache.lucene.analysis.et.EstonianAnalyzer;
import org.apache.lucene.analysis.eu.BasqueAnalyzer;
import org.apache.lucene.analysis.fa.PersianAnalyzer;
import org.apache.lucene.analysis.fi.FinnishAnalyzer;
import org.apache.lucene.analysis.fr.FrenchAnalyzer;
import org.apache.lucene.analysis.ga.IrishAnalyzer;
import org.apache.lucene.analysis.gl.GalicianAnalyzer;
import org.apache.lucene.analysis.hi.HindiAnalyzer;
import org.apache.lucene.analysis.hu.HungarianAnalyzer;
import org.apache.lucene.analysis.hy.ArmenianAnalyzer;
import org.apache.lucene.analysis.icu.segmentation.ICUTokenizer;
import org.apache.lucene.analysis.id.IndonesianAnalyzer;
import org.apache.lucene.analysis.it.ItalianAnalyzer;
import org.apache.lucene.analysis.lt.LithuanianAnalyzer;
import org.apache.lucene.analysis.lv.LatvianAnalyzer;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.nl.DutchAnalyzer;
import org.apache.lucene.analysis.no.NorwegianAnalyzer;
import org.apache.lucene.analysis.pt.PortugueseAnalyzer;
import org.apache.lucene.analysis.ro.RomanianAnalyzer;
import org.apache.lucene.analysis.ru.RussianAnalyzer;
import org.apache.lucene.analysis.sr.SerbianAnalyzer;
import org.apache.lucene.analysis.sv.SwedishAnalyzer;
import org.apache.lucene.analysis.th.ThaiAnalyzer;
import org.apache.lucene.analysis.th.ThaiTokenizer;
import org.apache.lucene.analysis.tr.TurkishAnalyzer;
import org.elasticsearch.plugin.NamedComponent;
import org.elasticsearch.plugin.analysis.AnalyzerFactory;
import org.elasticsearch.plugin.analysis.TokenFilterFactory;

/**
 * Lucene's language analyzers, and its folding of accents, under the names that Elasticsearch gives them, for a distribution without the module
 * analysis-common. A mapping written for these names works unchanged on a full cluster, which has its own.
 *
 * <p>The stable plugin API wants one public class a name. {@code named_components.json} is made from the annotations
 * below when the plugin is built.
 */
public final class LanguageAnalyzers {
    private LanguageAnalyzers() {}

    /** One analyzer. Elasticsearch calls {@code create} once an index and closes what it got. */
    public abstract static class Language implements AnalyzerFactory {
        private final Supplier<Analyzer> maker;

        Language(Supplier<Analyzer> maker) {
            this.maker = maker;
        }

        @Override
        public Analyzer create() {
            return maker.get();
        }
    }

    /** The filters of Lucene's ThaiAnalyzer behind ICU's tokenizer. */
    private static final class ThaiByIcu extends Analyzer {
        @Override
        protected TokenStreamComponents createComponents(String field) {
            Tokenizer words = new ICUTokenizer();
            TokenStream digits = new DecimalDigitFilter(new LowerCaseFilter(words));
            return new TokenStreamComponents(words, new StopFilter(digits, ThaiAnalyzer.getDefaultStopSet()));
        }

        @Override
        protected TokenStream normalize(String field, TokenStream in) {
            return new DecimalDigitFilter(new LowerCaseFilter(in));
        }
    }

    /** Folds accents of Latin letters, for the fields that keep words as they are. */
    @NamedComponent("asciifolding")
    public static final class AsciiFolding implements TokenFilterFactory {
        @Override
        public TokenStream create(TokenStream input) {
            return new ASCIIFoldingFilter(input);
        }
    }

    @NamedComponent("arabic")
    public static final class Arabic extends Language {
        public Arabic() {
            super(ArabicAnalyzer::new);
        }
    }

    @NamedComponent("armenian")
    public static final class Armenian extends Language {
        public Armenian() {
            super(ArmenianAnalyzer::new);
        }
    }

    @NamedComponent("basque")
    public static final class Basque extends Language {
        public Basque() {
            super(BasqueAnalyzer::new);
        }
    }

    @NamedComponent("bengali")
    public static final class Bengali extends Language {
        public Bengali() {
            super(BengaliAnalyzer::new);
        }
    }

    @NamedComponent("brazilian")
    public static final class Brazilian extends Language {
        public Brazilian() {
            super(BrazilianAnalyzer::new);
        }
    }

    @NamedComponent("bulgarian")
    public static final class Bulgarian extends Language {
        public Bulgarian() {
            super(BulgarianAnalyzer::new);
        }
    }

    @NamedComponent("catalan")
    public static final class Catalan extends Language {
        public Catalan() {
            super(CatalanAnalyzer::new);
        }
    }

    @NamedComponent("cjk")
    public static final class Cjk extends Language {
        public Cjk() {
            super(CJKAnalyzer::new);
        }
    }

    @NamedComponent("czech")
    public static final class Czech extends Language {
        public Czech() {
            super(CzechAnalyzer::new);
        }
    }

    @NamedComponent("danish")
    public static final class Danish extends Language {
        public Danish() {
            super(DanishAnalyzer::new);
        }
    }

    @NamedComponent("dutch")
    public static final class Dutch extends Language {
        public Dutch() {
            super(DutchAnalyzer::new);
        }
    }

    @NamedComponent("english")
    public static final class English extends Language {
        public English() {
            super(EnglishAnalyzer::new);
        }
    }

    @NamedComponent("estonian")
    public static final class Estonian extends Language {
        public Estonian() {
            super(EstonianAnalyzer::new);
        }
    }

    @NamedComponent("finnish")
    public static final class Finnish extends Language {
        public Finnish() {
            super(FinnishAnalyzer::new);
        }
    }

    @NamedComponent("french")
    public static final class French extends Language {
        public French() {
            super(FrenchAnalyzer::new);
        }
    }

    @NamedComponent("galician")
    public static final class Galician extends Language {
        public Galician() {
            super(GalicianAnalyzer::new);
        }
    }

    @NamedComponent("german")
    public static final class German extends Language {
        public German() {
            super(GermanAnalyzer::new);
        }
    }

    @NamedComponent("greek")
    public static final class Greek extends Language {
        public Greek() {
            super(GreekAnalyzer::new);
        }
    }

    @NamedComponent("hindi")
    public static final class Hindi extends Language {
        public Hindi() {
            super(HindiAnalyzer::new);
        }
    }

    @NamedComponent("hungarian")
    public static final class Hungarian extends Language {
        public Hungarian() {
            super(HungarianAnalyzer::new);
        }
    }

    @NamedComponent("indonesian")
    public static final class Indonesian extends Language {
        public Indonesian() {
            super(IndonesianAnalyzer::new);
        }
    }

    @NamedComponent("irish")
    public static final class Irish extends Language {
        public Irish() {
            super(IrishAnalyzer::new);
        }
    }

    @NamedComponent("italian")
    public static final class Italian extends Language {
        public Italian() {
            super(ItalianAnalyzer::new);
        }
    }

    @NamedComponent("latvian")
    public static final class Latvian extends Language {
        public Latvian() {
            super(LatvianAnalyzer::new);
        }
    }

    @NamedComponent("lithuanian")
    public static final class Lithuanian extends Language {
        public Lithuanian() {
            super(LithuanianAnalyzer::new);
        }
    }

    @NamedComponent("norwegian")
    public static final class Norwegian extends Language {
        public Norwegian() {
            super(NorwegianAnalyzer::new);
        }
    }

    @NamedComponent("persian")
    public static final class Persian extends Language {
        public Persian() {
            super(PersianAnalyzer::new);
        }
    }

    @NamedComponent("portuguese")
    public static final class Portuguese extends Language {
        public Portuguese() {
            super(PortugueseAnalyzer::new);
        }
    }

    @NamedComponent("romanian")
    public static final class Romanian extends Language {
        public Romanian() {
            super(RomanianAnalyzer::new);
        }
    }

    @NamedComponent("russian")
    public static final class Russian extends Language {
        public Russian() {
            super(RussianAnalyzer::new);
        }
    }

    @NamedComponent("serbian")
    public static final class Serbian extends Language {
        public Serbian() {
            super(SerbianAnalyzer::new);
        }
    }

    @NamedComponent("sorani")
    public static final class Sorani extends Language {
        public Sorani() {
            super(SoraniAnalyzer::new);
        }
    }

    @NamedComponent("spanish")
    public static final class Spanish extends Language {
        public Spanish() {
            super(SpanishAnalyzer::new);
        }
    }

    @NamedComponent("swedish")
    public static final class Swedish extends Language {
        public Swedish() {
            super(SwedishAnalyzer::new);
        }
    }

    @NamedComponent("thai")
    public static final class Thai extends Language {
        public Thai() {
            // The runtime that Kabar brings has no Thai dictionary; ICU's divides words much the same.
            super(() -> ThaiTokenizer.DBBI_AVAILABLE ? new ThaiAnalyzer() : new ThaiByIcu());
        }
    }

    @NamedComponent("turkish")
    public static final class Turkish extends Language {
        public Turkish() {
            super(TurkishAnalyzer::new);
        }
    }
}
